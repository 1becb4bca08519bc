//! `ceremony profile new`: the options that write the section `workingKeyExport`.

use std::collections::BTreeMap;

use ceremony::fleet::AllowedBdk;
use ceremony::profile::Signature;
use ceremony::working_keys::Algorithm;
use ceremony::working_keys::attributes::Usage;
use ceremony::working_keys::order::{EstablishedKek, MAX_KEYS};
use ceremony::working_keys::rules::{MayAsk, WorkingKeyExport};
use desk::terminal::plain;
use serde_json::{Map, Value};

use crate::profile::word;

/// What belongs to working-key-export. Without any of them it is not allowed.
#[derive(clap::Args)]
pub(crate) struct WorkingKeys {
    /// What we may order keys for, as in a key block's header: P0,M6
    #[arg(long, value_name = "USAGES", value_delimiter = ',', value_parser = word::<Usage>)]
    orders_usages: Vec<Usage>,
    /// Of which algorithms we may order keys: AES_128,TDES_3KEY
    #[arg(long, value_name = "ALGORITHMS", value_delimiter = ',', value_parser = word::<Algorithm>)]
    orders_algorithms: Vec<Algorithm>,
    /// We may order keys that are yet to be made
    #[arg(long)]
    orders_new_keys: bool,
    /// How many keys one order may ask for, 1 to 20 [default: 20]
    #[arg(long, value_name = "NUMBER")]
    orders_max_keys: Option<usize>,
    /// Which KEKs may protect them: current,received [default: current]
    #[arg(long, value_name = "KEKS", value_delimiter = ',', value_parser = word::<EstablishedKek>)]
    orders_keks: Vec<EstablishedKek>,
    /// A base derivation key for orders: NAME,keyArn=ARN,algorithm=AES_128, and what else an entry
    /// of `bdks` may have: keySet=FFFF98,maxTerminals=1000 (may be repeated)
    #[arg(long, value_name = "BDK", value_parser = bdk)]
    orders_bdk: Vec<NamedBdk>,
    /// What the partner may request keys for
    #[arg(long, value_name = "USAGES", value_delimiter = ',', value_parser = word::<Usage>)]
    requests_usages: Vec<Usage>,
    /// Of which algorithms the partner may request keys
    #[arg(long, value_name = "ALGORITHMS", value_delimiter = ',', value_parser = word::<Algorithm>)]
    requests_algorithms: Vec<Algorithm>,
    /// The partner may request keys that are yet to be made
    #[arg(long)]
    requests_new_keys: bool,
    /// How many keys one request may ask for, 1 to 20 [default: 20]
    #[arg(long, value_name = "NUMBER")]
    requests_max_keys: Option<usize>,
    /// Which KEKs may protect them: current,received [default: current]
    #[arg(long, value_name = "KEKS", value_delimiter = ',', value_parser = word::<EstablishedKek>)]
    requests_keks: Vec<EstablishedKek>,
    /// A base derivation key for requests, as for orders (may be repeated)
    #[arg(long, value_name = "BDK", value_parser = bdk)]
    requests_bdk: Vec<NamedBdk>,
    /// A key of another folder, or made elsewhere, that may be sent too: ARN or alias (may be
    /// repeated)
    #[arg(long, value_name = "KEY")]
    working_key: Vec<String>,
}

/// An entry of `bdks`.
#[derive(Clone)]
struct NamedBdk {
    name: String,
    bdk: AllowedBdk,
}

/// What was typed for one side.
struct Side {
    options: Options,
    usages: Vec<Usage>,
    algorithms: Vec<Algorithm>,
    new_keys: bool,
    max_keys: Option<usize>,
    keks: Vec<EstablishedKek>,
    bdks: Vec<NamedBdk>,
}

/// The names of one side's options.
struct Options {
    usages: &'static str,
    algorithms: &'static str,
    new_keys: &'static str,
    max_keys: &'static str,
    keks: &'static str,
    bdk: &'static str,
}

const ORDERS: Options = Options {
    usages: "--orders-usages",
    algorithms: "--orders-algorithms",
    new_keys: "--orders-new-keys",
    max_keys: "--orders-max-keys",
    keks: "--orders-keks",
    bdk: "--orders-bdk",
};

const REQUESTS: Options = Options {
    usages: "--requests-usages",
    algorithms: "--requests-algorithms",
    new_keys: "--requests-new-keys",
    max_keys: "--requests-max-keys",
    keks: "--requests-keks",
    bdk: "--requests-bdk",
};

impl WorkingKeys {
    /// The section; none if nothing was typed. An option that allows nothing for want of another is not
    /// passed over: whoever typed it meant something by it.
    pub(crate) fn section(
        self,
        signature: Signature,
    ) -> Result<Option<WorkingKeyExport>, WrongWorkingKeys> {
        let orders = Side {
            options: ORDERS,
            usages: self.orders_usages,
            algorithms: self.orders_algorithms,
            new_keys: self.orders_new_keys,
            max_keys: self.orders_max_keys,
            keks: self.orders_keks,
            bdks: self.orders_bdk,
        };
        let requests = Side {
            options: REQUESTS,
            usages: self.requests_usages,
            algorithms: self.requests_algorithms,
            new_keys: self.requests_new_keys,
            max_keys: self.requests_max_keys,
            keks: self.requests_keks,
            bdks: self.requests_bdk,
        };
        let (orders, requests) = (orders.may_ask()?, requests.may_ask()?);
        let keys = [&orders, &requests].into_iter().flatten();
        let keys = keys.filter(|side| !side.usages.is_empty()).count();
        if keys == 0 && !self.working_key.is_empty() {
            return Err(WrongWorkingKeys::Needs {
                option: "--working-key",
                needed: "--orders-usages` or `--requests-usages",
            });
        }
        is_once("--working-key", &self.working_key)?;
        let is_empty = orders.is_none() && requests.is_none();
        Ok((!is_empty).then_some(WorkingKeyExport {
            requests,
            orders,
            keys: self.working_key,
            signature,
        }))
    }
}

impl Side {
    fn may_ask(self) -> Result<Option<MayAsk>, WrongWorkingKeys> {
        self.is_whole()?;
        is_once(self.options.usages, &self.usages)?;
        is_once(self.options.algorithms, &self.algorithms)?;
        is_once(self.options.keks, &self.keks)?;
        if self.usages.is_empty() && self.bdks.is_empty() {
            return Ok(None);
        }
        let mut bdks = BTreeMap::new();
        for NamedBdk { name, bdk } in self.bdks {
            if bdks.insert(name, bdk).is_some() {
                return Err(WrongWorkingKeys::Twice(self.options.bdk));
            }
        }
        let keks = if self.keks.is_empty() {
            vec![EstablishedKek::Current]
        } else {
            self.keks
        };
        Ok(Some(MayAsk {
            usages: self.usages,
            algorithms: self.algorithms,
            bdks,
            new_keys: self.new_keys,
            max_keys: self.max_keys.unwrap_or(MAX_KEYS),
            keks,
        }))
    }

    fn is_whole(&self) -> Result<(), WrongWorkingKeys> {
        let options = &self.options;
        let (usages, algorithms) = (!self.usages.is_empty(), !self.algorithms.is_empty());
        let anything = usages || !self.bdks.is_empty();
        let needs = [
            (usages, options.usages, algorithms, options.algorithms),
            (algorithms, options.algorithms, usages, options.usages),
            (self.new_keys, options.new_keys, usages, options.usages),
            (
                self.max_keys.is_some(),
                options.max_keys,
                usages,
                options.usages,
            ),
            (
                !self.keks.is_empty(),
                options.keks,
                anything,
                options.usages,
            ),
        ];
        match needs.into_iter().find(|(given, _, met, _)| *given && !met) {
            Some((_, option, _, needed)) => Err(WrongWorkingKeys::Needs { option, needed }),
            None => Ok(()),
        }
    }
}

fn is_once<T: PartialEq>(option: &'static str, values: &[T]) -> Result<(), WrongWorkingKeys> {
    let mut rest = values.iter().enumerate();
    if rest.any(|(at, value)| values[..at].contains(value)) {
        return Err(WrongWorkingKeys::Twice(option));
    }
    Ok(())
}

/// Options that make no section.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongWorkingKeys {
    #[error("`{option}` allows nothing without `{needed}`")]
    Needs {
        option: &'static str,
        needed: &'static str,
    },
    #[error("`{0}` names the same twice")]
    Twice(&'static str),
}

/// A name, and then the fields of an entry as a profile spells them.
fn bdk(text: &str) -> Result<NamedBdk, String> {
    let mut parts = text.split(',');
    let name = parts.next().unwrap_or_default().to_owned();
    if name.is_empty() || name.contains('=') {
        return Err("the name that orders use comes first: pos,keyArn=…,algorithm=…".to_owned());
    }
    let mut entry = Map::new();
    for part in parts {
        let (field, value) = part
            .split_once('=')
            .ok_or_else(|| format!("`{}` is no FIELD=VALUE", plain(part)))?;
        if entry
            .insert(field.to_owned(), value_of(field, value))
            .is_some()
        {
            return Err(format!("`{}` is there twice", plain(field)));
        }
    }
    let bdk = serde_json::from_value(Value::Object(entry)).map_err(|error| error.to_string())?;
    Ok(NamedBdk { name, bdk })
}

/// Only digits that are a number are one: a key set may be all digits too.
fn value_of(field: &str, value: &str) -> Value {
    match (field, value.parse::<u32>(), value) {
        ("maxTerminals", Ok(number), _) => number.into(),
        (_, _, "true") => true.into(),
        (_, _, "false") => false.into(),
        _ => value.into(),
    }
}
