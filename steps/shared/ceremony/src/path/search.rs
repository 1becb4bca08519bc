//! The way from a leaf to a root, and if there is none, where it ends and why.

use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::utc::Utc;

use super::candidates::{Candidates, Exhausted};
use super::unfit::{Namesake, why_not_issued};
use super::{CertificatePath, MAX_CAS, NoPath};

/// Steps of one search. CAs that certify each other every way make more paths than can be walked.
const STEPS: usize = 10_000;

pub(super) fn search(
    candidates: &mut Candidates<'_>,
    leaf: usize,
    pinned: &[Sha256],
    now: Utc,
) -> Result<CertificatePath, NoPath> {
    if candidates.is_signed_by(leaf, leaf)? {
        let leaf = candidates.certificates.get(leaf);
        return Err(NoPath::SelfSignedLeaf(
            leaf.map(ToString::to_string).unwrap_or_default(),
        ));
    }
    let certificates = candidates.certificates.clone();
    let mut cas: Vec<usize> = (0..certificates.len()).filter(|ca| *ca != leaf).collect();
    cas.sort_by_key(|number| {
        certificates.get(*number).map(|ca| {
            let valid = ca.not_before() <= now && now <= ca.not_after();
            std::cmp::Reverse((pinned.contains(&ca.sha256()), valid, ca.not_before()))
        })
    });
    let mut above = None;
    for roots in [Roots::Pinned(pinned), Roots::SelfSigned] {
        let mut search = Search {
            candidates,
            cas: &cas,
            roots,
            steps_left: STEPS,
            end: None,
        };
        above = search.up_from(leaf, &mut Vec::new())?;
        if above.is_some() {
            break;
        }
        if let (Roots::SelfSigned, Some(end)) = (roots, search.end) {
            return Err(end.in_words(&certificates));
        }
    }
    let taken = |numbers: &[usize]| -> Vec<Certificate> {
        let known = numbers
            .iter()
            .filter_map(|number| certificates.get(*number));
        known.map(|certificate| (*certificate).clone()).collect()
    };
    let mut above = taken(&above.unwrap_or_default());
    // A path that was found ends in its root.
    let (Some(leaf), Some(root)) = (taken(&[leaf]).pop(), above.pop()) else {
        return Err(NoPath::TooManyNamesakes);
    };
    Ok(CertificatePath {
        leaf,
        intermediates: above,
        root,
    })
}

/// What ends a path.
#[derive(Clone, Copy)]
enum Roots<'p> {
    /// The signature of a pinned root on itself proves nothing that the pin does not.
    Pinned(&'p [Sha256]),
    SelfSigned,
}

struct Search<'s, 'a> {
    candidates: &'s mut Candidates<'a>,
    /// In the order in which they are tried.
    cas: &'s [usize],
    roots: Roots<'s>,
    steps_left: usize,
    /// Where the way that led highest ended.
    end: Option<End>,
}

/// Where a way ends that leads to no root.
struct End {
    certificate: usize,
    /// The CAs below it, and itself, from the leaf's issuer upwards.
    above: Vec<usize>,
    too_long: bool,
}

impl Search<'_, '_> {
    fn up_from(
        &mut self,
        certificate: usize,
        above: &mut Vec<usize>,
    ) -> Result<Option<Vec<usize>>, Exhausted> {
        let too_long = above.len() >= MAX_CAS;
        let mut dead_end = true;
        for &issuer in self.cas {
            self.steps_left = self.steps_left.checked_sub(1).ok_or(Exhausted)?;
            if above.contains(&issuer) || !self.candidates.is_signed_by(certificate, issuer)? {
                continue;
            }
            if too_long {
                break;
            }
            dead_end = false;
            above.push(issuer);
            let found = if self.is_root(issuer)? {
                Some(above.clone())
            } else {
                self.up_from(issuer, above)?
            };
            if found.is_some() {
                return Ok(found);
            }
            above.pop();
        }
        let highest = self.end.as_ref().map(|end| end.above.len());
        if dead_end && highest.is_none_or(|highest| highest < above.len()) {
            self.end = Some(End {
                certificate,
                above: above.clone(),
                too_long,
            });
        }
        Ok(None)
    }

    fn is_root(&mut self, number: usize) -> Result<bool, Exhausted> {
        let Roots::Pinned(pinned) = self.roots else {
            return self.candidates.is_signed_by(number, number);
        };
        let ca = self.candidates.certificates.get(number);
        Ok(ca.is_some_and(|ca| ca.is_self_issued() && pinned.contains(&ca.sha256())))
    }
}

impl End {
    fn in_words(&self, certificates: &[&Certificate]) -> NoPath {
        let Some(top) = certificates.get(self.certificate) else {
            return NoPath::TooManyNamesakes;
        };
        let (of, issuer) = (top.to_string(), top.issuer().to_owned());
        let namesakes: Vec<Namesake> = certificates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.subject() == top.issuer())
            .map(|(number, candidate)| Namesake {
                certificate: candidate.sha256(),
                name: candidate.to_string(),
                why: if number != self.certificate && self.above.contains(&number) {
                    "it is on the way already: these CAs certify each other, and none of them has \
                     certified itself, as a root does"
                        .to_owned()
                } else {
                    why_not_issued(top, candidate)
                },
            })
            .collect();
        if self.too_long {
            NoPath::TooLong { of }
        } else if namesakes.is_empty() {
            NoPath::IssuerMissing { of, issuer }
        } else {
            NoPath::IssuerUnfit {
                of,
                issuer,
                namesakes,
            }
        }
    }
}
