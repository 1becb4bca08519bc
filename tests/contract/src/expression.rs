//! What Step Functions makes of a template.
//!
//! The templates keep to few forms of expression, so that these lines can say what becomes of
//! them: a variable and the members below it (`$validate.leafSha256`), a list that grows
//! (`[$evidence, $states.result.Payload.evidence]`), and a member that may be missing
//! (`$exists($a.b) ? $a.b : null`). One more counts (`$number + 1`). Texts for people, made with `&` and
//! `$string`, come out as texts, whatever they say. Conditions are as few: that something is there, equals
//! something, or is a number below another.

use serde_json::{Map, Value};

/// Fills the template from `variables`; an expression of another form, or one that finds nothing
/// (which Step Functions refuses too), is an error.
pub fn resolve(template: &Value, variables: &Value) -> Result<Value, String> {
    match template {
        Value::String(text) => match text.strip_prefix("{% ").and_then(|t| t.strip_suffix(" %}")) {
            Some(expression) => evaluate(expression, variables),
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

/// Whether the condition of a choice holds: `$exists(x)`, `x = y`, `x < y`, `x <= y`, with a variable or a
/// literal as `y`.
pub fn holds(condition: &Value, variables: &Value) -> Result<bool, String> {
    let expression = condition
        .as_str()
        .and_then(|text| text.strip_prefix("{% ")?.strip_suffix(" %}"))
        .ok_or_else(|| format!("{condition} is no expression"))?;
    if let Some(path) = expression
        .strip_prefix("$exists(")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        return Ok(look_up(path, variables).is_ok());
    }
    if let Some((left, right)) = expression.split_once(" <= ") {
        return Ok(number(left, variables)? <= number(right, variables)?);
    }
    if let Some((left, right)) = expression.split_once(" < ") {
        return Ok(number(left, variables)? < number(right, variables)?);
    }
    let (left, right) = expression
        .split_once(" = ")
        .ok_or_else(|| format!("`{expression}` is not `x = y`"))?;
    let left = look_up(left, variables)?;
    let right = match right {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        text if text.starts_with('\'') => Value::String(text.trim_matches('\'').to_owned()),
        path => look_up(path, variables)?,
    };
    Ok(left == right)
}

/// A literal or a variable; JSONata compares and adds nothing else here.
fn number(expression: &str, variables: &Value) -> Result<u64, String> {
    if let Ok(literal) = expression.parse() {
        return Ok(literal);
    }
    let value = look_up(expression, variables)?;
    value
        .as_u64()
        .ok_or_else(|| format!("`{expression}` is {value}, and no number"))
}

fn evaluate(expression: &str, variables: &Value) -> Result<Value, String> {
    if expression.starts_with("$string(") || expression.contains(" & ") {
        return Ok(Value::String(expression.to_owned()));
    }
    if let Some(rest) = expression.strip_prefix("$exists(") {
        return if_there(rest, variables)
            .ok_or_else(|| format!("`{expression}` is not `$exists(x) ? x : otherwise`"));
    }
    if let Some((left, right)) = expression.split_once(" + ") {
        return Ok((number(left, variables)? + number(right, variables)?).into());
    }
    if let Some(items) = expression
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return list(items, variables);
    }
    look_up(expression, variables)
}

/// JSONata's array constructor: a variable that is a list gives its items, anything else itself.
fn list(items: &str, variables: &Value) -> Result<Value, String> {
    let mut list = Vec::new();
    for item in items.split(", ") {
        match look_up(item, variables)? {
            Value::Array(items) => list.extend(items),
            item => list.push(item),
        }
    }
    Ok(Value::Array(list))
}

/// `x) ? x : otherwise`, where the first `x` is what is looked for and `otherwise` a literal.
fn if_there(rest: &str, variables: &Value) -> Option<Value> {
    let (path, rest) = rest.split_once(") ? ")?;
    let (then, otherwise) = rest.split_once(" : ")?;
    if path != then {
        return None;
    }
    if let Ok(found) = look_up(path, variables) {
        return Some(found);
    }
    match otherwise
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
    {
        Some(text) => Some(Value::String(text.to_owned())),
        None if otherwise == "null" => Some(Value::Null),
        None => None,
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
    fn a_list_grows() {
        let variables = json!({ "a": [], "b": [1, 2], "c": { "d": 3 } });
        let list = |expression: &str| resolve(&json!(expression), &variables);
        assert_eq!(list("{% [$a, $c] %}"), Ok(json!([{ "d": 3 }])));
        assert_eq!(list("{% [$b, $c.d] %}"), Ok(json!([1, 2, 3])));
    }

    #[test]
    fn what_may_be_missing_has_something_in_its_place() {
        let variables = json!({ "a": { "b": 1 } });
        let value = |expression: &str| resolve(&json!(expression), &variables);
        assert_eq!(value("{% $exists($a.b) ? $a.b : null %}"), Ok(json!(1)));
        assert_eq!(value("{% $exists($a.c) ? $a.c : null %}"), Ok(Value::Null));
        assert_eq!(value("{% $exists($a.c) ? $a.c : 'x' %}"), Ok(json!("x")));
        assert!(value("{% $exists($a.c) ? $a.b : null %}").is_err());
    }

    #[test]
    fn a_condition_is_about_what_is_there() {
        let variables = json!({ "a": { "b": null, "c": true }, "d": true, "e": "x" });
        let holds = |condition: &str| holds(&json!(condition), &variables);
        assert_eq!(holds("{% $exists($a.b) %}"), Ok(true));
        assert_eq!(holds("{% $exists($a.x) %}"), Ok(false));
        assert_eq!(holds("{% $a.b = null %}"), Ok(true));
        assert_eq!(holds("{% $a.c = null %}"), Ok(false));
        assert_eq!(holds("{% $a.c = true %}"), Ok(true));
        assert_eq!(holds("{% $a.c = $d %}"), Ok(true));
        assert_eq!(holds("{% $e = 'x' %}"), Ok(true));
        assert_eq!(holds("{% $e = 'y' %}"), Ok(false));
        for unknown in [
            "$a",
            "{% $a.c %}",
            "{% $a.x = null %}",
            "{% $a > $d %}",
            "{% $a < 1 %}",
        ] {
            assert!(holds(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn numbers_are_compared_and_counted() {
        let variables = json!({ "a": { "b": 2 }, "c": 3 });
        let holds = |condition: &str| holds(&json!(condition), &variables);
        assert_eq!(holds("{% $a.b < 3 %}"), Ok(true));
        assert_eq!(holds("{% $c < $a.b %}"), Ok(false));
        assert_eq!(holds("{% $c <= 3 %}"), Ok(true));
        assert_eq!(holds("{% $c <= $a.b %}"), Ok(false));
        assert_eq!(resolve(&json!("{% $a.b + 1 %}"), &variables), Ok(json!(3)));
        assert!(resolve(&json!("{% $a + 1 %}"), &variables).is_err());
    }

    #[test]
    fn an_expression_that_finds_nothing_is_an_error() {
        assert!(resolve(&json!("{% $a.b %}"), &json!({ "a": {} })).is_err());
        assert!(resolve(&json!("{% $sum(1) %}"), &json!({})).is_err());
        assert!(resolve(&json!("{% $a * 2 %}"), &json!({ "a": 1 })).is_err());
    }
}
