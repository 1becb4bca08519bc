//! What a state's payload template becomes.
//!
//! The templates keep to one form of expression, a variable and the members below it
//! (`{% $validate.result.validated %}`), so that this handful of lines can say what Step Functions
//! will make of them.

use serde_json::{Map, Value};

/// Fills the template from `variables`; an expression of another form, or one that finds nothing
/// (which Step Functions refuses too), is an error.
pub fn resolve(template: &Value, variables: &Value) -> Result<Value, String> {
    match template {
        Value::String(text) => match text.strip_prefix("{% ").and_then(|t| t.strip_suffix(" %}")) {
            Some(expression) => look_up(expression, variables),
            None => Ok(template.clone()),
        },
        Value::Array(items) => items.iter().map(|item| resolve(item, variables)).collect(),
        Value::Object(members) => {
            let resolved: Result<Map<_, _>, String> = members
                .iter()
                .map(|(name, member)| Ok((name.clone(), resolve(member, variables)?)))
                .collect();
            resolved.map(Value::Object)
        }
        _ => Ok(template.clone()),
    }
}

fn look_up(expression: &str, variables: &Value) -> Result<Value, String> {
    let path = expression
        .strip_prefix('$')
        .ok_or_else(|| format!("`{expression}` does not start with a variable"))?;
    let mut value = variables;
    for member in path.split('.') {
        value = value
            .get(member)
            .ok_or_else(|| format!("`{expression}` finds nothing: there is no `{member}`"))?;
    }
    Ok(value.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_are_looked_up_wherever_they_stand() {
        let variables = json!({ "a": { "b": [1] }, "c": null });
        let template = json!({ "x": "{% $a.b %}", "y": ["{% $c %}", "plain"] });
        assert_eq!(
            resolve(&template, &variables),
            Ok(json!({ "x": [1], "y": [null, "plain"] }))
        );
    }

    #[test]
    fn an_expression_that_finds_nothing_is_an_error() {
        assert!(resolve(&json!("{% $a.b %}"), &json!({ "a": {} })).is_err());
        assert!(resolve(&json!("{% $string(1) %}"), &json!({})).is_err());
    }
}
