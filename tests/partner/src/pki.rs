//! A partner's certificate authority as a whole: root, intermediates, leaf.

use crate::certificate::{Certified, Profile};
use crate::responder::{Services, address};
use crate::{KeyKind, PrivateKey};

/// A complete chain.
#[derive(Clone, Debug)]
pub struct Pki {
    pub root: Certified,
    /// From the one that the root issued down to the one that issued the leaf.
    pub intermediates: Vec<Certified>,
    pub leaf: Certified,
}

impl Pki {
    /// What a real partner has: RSA-4096 authorities, an RSA-3072 leaf, the UID in the subject.
    pub fn demo(uid: &str) -> Self {
        Self::builder(uid).build()
    }

    /// Starts from [`Pki::demo`], for a test to change something.
    pub fn builder(uid: &str) -> PkiBuilder {
        PkiBuilder {
            name: "acme".into(),
            root_key: KeyKind::Rsa4096,
            root: Profile::root("ACME Root CA"),
            intermediate_keys: vec![KeyKind::Rsa4096],
            intermediates: vec![Profile::intermediate("ACME Issuing CA")],
            leaf_key: KeyKind::Rsa3072,
            leaf: Profile::leaf("ACME Key Exchange", uid),
            ocsp_at: None,
            crls_at: None,
            services: Vec::new(),
        }
    }

    /// Every certificate, the root first.
    pub fn chain(&self) -> Vec<&Certified> {
        [&self.root]
            .into_iter()
            .chain(&self.intermediates)
            .chain([&self.leaf])
            .collect()
    }

    /// The authority that issues leaves.
    pub fn issuer(&self) -> &Certified {
        self.intermediates.last().unwrap_or(&self.root)
    }
}

/// A chain in the making; see [`Pki::builder`].
#[derive(Clone, Debug)]
pub struct PkiBuilder {
    name: String,
    root_key: KeyKind,
    root: Profile,
    intermediate_keys: Vec<KeyKind>,
    intermediates: Vec<Profile>,
    leaf_key: KeyKind,
    leaf: Profile,
    /// Where the services are that the leaf and the intermediates name.
    ocsp_at: Option<String>,
    crls_at: Option<String>,
    /// Those that are to answer for the authorities of the chain.
    services: Vec<Services>,
}

impl PkiBuilder {
    /// Whose keys these are. Within a process, the same name gets the same keys again: quick, and
    /// harmless as long as the test is not about keys being different.
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    pub fn root_key(mut self, kind: KeyKind) -> Self {
        self.root_key = kind;
        self
    }

    /// One kind per intermediate; there are as many intermediates as kinds.
    pub fn intermediate_keys(mut self, kinds: &[KeyKind]) -> Self {
        self.intermediate_keys = kinds.to_vec();
        self.intermediates = (0..kinds.len())
            .map(|index| {
                let above_leaf = kinds.len() - 1 - index;
                let below = u8::try_from(above_leaf).expect("a short chain");
                Profile::intermediate(&format!("ACME Issuing CA {}", index + 1)).path_length(below)
            })
            .collect();
        self
    }

    pub fn leaf_key(mut self, kind: KeyKind) -> Self {
        self.leaf_key = kind;
        self
    }

    pub fn root(mut self, change: impl FnOnce(Profile) -> Profile) -> Self {
        self.root = change(self.root);
        self
    }

    /// Changes the intermediate at `index`, counted from the root.
    pub fn intermediate(mut self, index: usize, change: impl FnOnce(Profile) -> Profile) -> Self {
        self.intermediates[index] = change(self.intermediates[index].clone());
        self
    }

    pub fn leaf(mut self, change: impl FnOnce(Profile) -> Profile) -> Self {
        self.leaf = change(self.leaf);
        self
    }

    /// Leaf and intermediates name these services, OCSP and CRL, which answer for the chain.
    pub fn services(self, services: &Services) -> Self {
        self.ocsp_by(services).crls_by(services)
    }

    /// Leaf and intermediates name this OCSP responder, which answers for the chain.
    pub fn ocsp_by(mut self, services: &Services) -> Self {
        self.ocsp_at = Some(services.url());
        self.services.push(services.clone());
        self
    }

    /// Leaf and intermediates name the CRLs of these services, which issue them for the chain.
    pub fn crls_by(mut self, services: &Services) -> Self {
        self.crls_at = Some(services.url());
        self.services.push(services.clone());
        self
    }

    /// Leaf and intermediates name services that somebody else keeps at `url`, as the program
    /// `revocation-services` does.
    pub fn services_at(mut self, url: &str) -> Self {
        self.ocsp_at = Some(url.into());
        self.crls_at = Some(url.into());
        self
    }

    pub fn build(self) -> Pki {
        let mut wanted = vec![
            (self.root_key, format!("{}/root", self.name)),
            (self.leaf_key, format!("{}/leaf", self.name)),
        ];
        wanted.extend(
            self.intermediate_keys
                .iter()
                .enumerate()
                .map(|(index, kind)| (*kind, format!("{}/intermediate {index}", self.name))),
        );
        let keys = PrivateKey::cached_all(&wanted);
        let root = self.root.self_signed(&keys[0]);
        let mut intermediates: Vec<Certified> = Vec::new();
        for (profile, key) in self.intermediates.iter().zip(&keys[2..]) {
            let issued = self.issue(profile, intermediates.last().unwrap_or(&root), key);
            intermediates.push(issued);
        }
        let leaf = self.issue(&self.leaf, intermediates.last().unwrap_or(&root), &keys[1]);
        Pki {
            root,
            intermediates,
            leaf,
        }
    }
    fn issue(&self, profile: &Profile, issuer: &Certified, key: &PrivateKey) -> Certified {
        let mut profile = profile.clone();
        if let Some(url) = &self.ocsp_at {
            profile = profile.ocsp(&address::ocsp(url));
        }
        if let Some(url) = &self.crls_at {
            profile = profile.crl(&address::crl(url, issuer.der()));
        }
        for services in &self.services {
            services.authority(issuer);
        }
        profile.issued_by(issuer, key)
    }
}
