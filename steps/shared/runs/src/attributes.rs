//! Attributes as DynamoDB writes them, and back.

use aws_sdk_dynamodb::types::AttributeValue;
use ceremony::announcement::RejectedFile;
use step::ServiceError;

use crate::Item;

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// The number of that name, if the item has one.
pub(crate) fn number_in<N: std::str::FromStr>(item: &Item, name: &str) -> Option<N> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn text_in<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(crate) fn rejected(rejection: &RejectedFile) -> AttributeValue {
    let mut map = Item::from([("reason".to_owned(), text(rejection.reason.clone()))]);
    if let Some(file) = &rejection.file {
        map.insert("file".to_owned(), text(file.clone()));
    }
    AttributeValue::M(map)
}

/// The rejections of a list; what is none of them is left out.
pub(crate) fn rejections_in(item: &Item, name: &str) -> Vec<RejectedFile> {
    let list = item.get(name).and_then(|value| value.as_l().ok());
    let read = |value: &AttributeValue| {
        let map = value.as_m().ok()?;
        Some(RejectedFile {
            file: text_in(map, "file").map(str::to_owned),
            reason: text_in(map, "reason")?.to_owned(),
        })
    };
    list.map(|list| list.iter().filter_map(read).collect())
        .unwrap_or_default()
}

/// An item that nothing of ours has written: nothing is begun on the strength of it.
pub(crate) fn unreadable(id: &str) -> ServiceError {
    ServiceError::ServiceRefused {
        operation: "dynamodb:GetItem",
        code: "UnreadableItem".to_owned(),
        detail: format!("the item `{id}` of the table `runs` is not of the form that it must have"),
    }
}
