//! The CAs of a path, one after the other.

use std::collections::BTreeMap;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::ImportKeyMaterial;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::evidence::Deed;
use ceremony::id::Ceremony;
use ceremony::identifiers::ca_alias;
use ceremony::keys::{Authority, Origin};
use ceremony::proof::ProvenPartner;
use ceremony::utc::Utc;
use payment_keys::{
    Alias, Claim, Guarded, KeyFacts, Pace, claim, claim_guarded, inspect, look_again, look_up, tags,
};
use step::{Journal, ServiceError};

use crate::approval::{self, PendingRoot};
use crate::{Error, Imported, Output, Pending, material};

/// A CA's key, or that it has to wait.
enum Had {
    Usable(Authority),
    Waits(PendingRoot),
}

/// What every part of an import works with.
pub(crate) struct Import<'a> {
    pub(crate) client: &'a Client,
    pub(crate) ceremony: &'a Ceremony,
    pub(crate) journal: &'a Journal,
    pub(crate) pace: Pace,
}

impl Import<'_> {
    /// Every CA of the path that is needed, or the root that has to be waited for.
    pub(crate) async fn all(
        &self,
        proven: &ProvenPartner,
        ca_key_arns: &BTreeMap<Sha256, String>,
        awaited: Option<PendingRoot>,
    ) -> Result<Output, Error> {
        let mut approved = None;
        if let Some(awaited) = awaited {
            match self.looked_at_again(&proven.path().root, awaited).await? {
                Had::Usable(authority) => approved = Some(authority),
                Had::Waits(pending) => return Ok(Output::Pending(Pending { pending })),
            }
        }
        let mut authorities: Vec<Authority> = Vec::new();
        let mut missing: Vec<(&Certificate, Alias)> = Vec::new();
        for ca in proven.path().cas() {
            if let Some(key_arn) = ca_key_arns.get(&ca.sha256()) {
                authorities.push(self.named(ca, key_arn).await?);
                break;
            }
            if let Some(root) = approved.take_if(|root| root.certificate_sha256 == ca.sha256()) {
                authorities.push(root);
                break;
            }
            match look_up(self.client, &ca_alias(&ca.sha256()), &self.pace).await? {
                Alias::Assigned(key_arn) => {
                    authorities.push(self.found(ca, key_arn, Origin::Found));
                    break;
                }
                not_there => missing.push((ca, not_there)),
            }
        }
        for (ca, seen) in missing.into_iter().rev() {
            let authority = match authorities.last() {
                Some(above) => {
                    let above = above.key_arn.clone();
                    self.imported_under(&above, ca, seen).await?
                }
                None => match self.imported_as_root(ca, seen).await? {
                    Had::Usable(authority) => authority,
                    Had::Waits(pending) => return Ok(Output::Pending(Pending { pending })),
                },
            };
            authorities.push(authority);
        }
        let issuing = authorities.last().ok_or(Error::NoAuthority)?;
        Ok(Output::Imported(Imported {
            issuing_ca_key_arn: issuing.key_arn.clone(),
            authorities,
        }))
    }

    /// A key that the profile names is checked.
    async fn named(&self, ca: &Certificate, key_arn: &str) -> Result<Authority, Error> {
        let facts = inspect(self.client, key_arn, &self.pace).await?;
        let expected = material::attributes_of(ca)?;
        if let Some(reason) = material::why_unsuitable(&facts, &expected) {
            let (key_arn, subject) = (key_arn.to_owned(), ca.subject().to_owned());
            return Err(Error::CaUnsuitable {
                key_arn,
                subject,
                reason,
            });
        }
        Ok(self.found(ca, facts.key_arn, Origin::Profile))
    }

    async fn imported_under(
        &self,
        above: &str,
        ca: &Certificate,
        seen: Alias,
    ) -> Result<Authority, Error> {
        let alias = ca_alias(&ca.sha256());
        let attributes = material::attributes_of(ca)?;
        let make = async || {
            let material = material::trusted(ca, &attributes, above);
            self.import(ca, &alias, material, None).await
        };
        let claim = claim(
            self.client,
            &alias,
            &attributes,
            Some(seen),
            &self.pace,
            make,
        );
        let claim = claim.await.map_err(ServiceError::from)?;
        Ok(self.claimed(ca, claim))
    }

    async fn imported_as_root(&self, ca: &Certificate, seen: Alias) -> Result<Had, Error> {
        let alias = ca_alias(&ca.sha256());
        let attributes = material::attributes_of(ca)?;
        let make = async || {
            let comment = approval::comment(self.ceremony, ca);
            let material = material::root(ca, &attributes);
            self.import(ca, &alias, material, Some(comment)).await
        };
        let guarded = claim_guarded(
            self.client,
            &alias,
            &attributes,
            Some(seen),
            &self.pace,
            make,
        );
        match guarded.await.map_err(ServiceError::from)? {
            Guarded::Usable(claim) => Ok(Had::Usable(self.claimed(ca, claim))),
            Guarded::Waits(facts, origin) => self.waits(ca, facts, origin),
            Guarded::NotApproved(facts) => Err(not_approved(ca, facts)),
        }
    }

    async fn looked_at_again(
        &self,
        root: &Certificate,
        awaited: PendingRoot,
    ) -> Result<Had, Error> {
        let alias = ca_alias(&root.sha256());
        let attributes = material::attributes_of(root)?;
        // If the key is not approved, or this call fails, it was this one.
        self.note(root, &awaited.key_arn, awaited.origin);
        let key_arn = &awaited.key_arn;
        let guarded = look_again(self.client, &alias, &attributes, key_arn, &self.pace);
        match guarded.await? {
            Guarded::Usable(claim) if claim.key_arn() == awaited.key_arn => {
                Ok(Had::Usable(Authority {
                    certificate_sha256: root.sha256(),
                    key_arn: awaited.key_arn.clone(),
                    origin: awaited.origin,
                    approval: Some(awaited.approved(Utc::now())),
                }))
            }
            Guarded::Usable(claim) => Ok(Had::Usable(self.claimed(root, claim))),
            Guarded::Waits(facts, _) if facts.key_arn == awaited.key_arn => {
                self.waits(root, facts, awaited.origin)
            }
            Guarded::Waits(facts, origin) => self.waits(root, facts, origin),
            Guarded::NotApproved(facts) => Err(not_approved(root, facts)),
        }
    }

    fn waits(&self, root: &Certificate, facts: KeyFacts, origin: Origin) -> Result<Had, Error> {
        if origin == Origin::Found {
            self.note(root, &facts.key_arn, origin);
        }
        let (now, state) = (Utc::now(), facts.state.to_string());
        let pending = PendingRoot::new(root, facts, origin, now)?;
        if pending.is_overdue(now) {
            return Err(Error::ApprovalOverdue {
                subject: root.subject().to_owned(),
                key_arn: pending.key_arn,
                session_arn: pending.session_arn,
                state,
                until: pending.until,
            });
        }
        Ok(Had::Waits(pending))
    }

    /// `ImportKey` itself: never repeated, and noted as soon as it is certain.
    async fn import(
        &self,
        ca: &Certificate,
        alias: &str,
        material: ImportKeyMaterial,
        comment: Option<String>,
    ) -> Result<KeyFacts, ServiceError> {
        let answer = self
            .client
            .import_key()
            .key_material(material)
            .set_tags(Some(tags(self.ceremony, "ca", alias)))
            .set_requester_comment(comment)
            .send()
            .await
            .map_err(|error| ServiceError::new("payment-cryptography:ImportKey", &error))?;
        let facts = KeyFacts::of_answer("payment-cryptography:ImportKey", answer.key)?;
        self.note(ca, &facts.key_arn, Origin::Created);
        Ok(facts)
    }

    /// What was made has been noted when it was.
    fn claimed(&self, ca: &Certificate, claim: Claim) -> Authority {
        match claim {
            Claim::Found(key_arn) => self.found(ca, key_arn, Origin::Found),
            Claim::Made(facts) => authority(ca, facts.key_arn, Origin::Created),
        }
    }

    fn found(&self, ca: &Certificate, key_arn: String, origin: Origin) -> Authority {
        self.note(ca, &key_arn, origin);
        authority(ca, key_arn, origin)
    }

    fn note(&self, ca: &Certificate, key_arn: &str, origin: Origin) {
        let alias = (origin != Origin::Profile).then(|| ca_alias(&ca.sha256()));
        self.journal.note(Deed::HadKey {
            key_arn: key_arn.to_owned(),
            alias,
            origin,
        });
    }
}

fn authority(ca: &Certificate, key_arn: String, origin: Origin) -> Authority {
    Authority {
        certificate_sha256: ca.sha256(),
        key_arn,
        origin,
        approval: None,
    }
}

fn not_approved(root: &Certificate, facts: KeyFacts) -> Error {
    let (session, said) = match facts.approval {
        Some(approval) => {
            let message = approval.message.map(|message| format!(" ({message})"));
            let said = format!("{}{}", approval.status, message.unwrap_or_default());
            (approval.session_arn, said)
        }
        None => ("that it had".to_owned(), "not told".to_owned()),
    };
    Error::RootImportNotApproved {
        subject: root.subject().to_owned(),
        key_arn: facts.key_arn,
        state: facts.state.to_string(),
        session,
        said,
    }
}
