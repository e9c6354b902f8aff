//! Reading JSON: with serde on the server, in the browser with the reader that the browser
//! has already, so that nobody has to load a second one.

use serde_json::Value;

/// The tree of values that `text` holds; `None` when it is not JSON.
#[cfg(not(feature = "hydrate"))]
pub fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The tree of values that `text` holds; `None` when it is not JSON. Numbers without a
/// fraction are whole ones here, however they are written: JavaScript knows one kind.
#[cfg(feature = "hydrate")]
pub fn parse(text: &str) -> Option<Value> {
    js_sys::JSON::parse(text).ok().map(|value| tree(&value))
}

#[cfg(feature = "hydrate")]
fn tree(value: &wasm_bindgen::JsValue) -> Value {
    use js_sys::{Array, Object};
    use wasm_bindgen::JsCast;

    if let Some(text) = value.as_string() {
        Value::String(text)
    } else if let Some(number) = value.as_f64() {
        figure(number)
    } else if let Some(truth) = value.as_bool() {
        Value::Bool(truth)
    } else if let Some(items) = value.dyn_ref::<Array>() {
        Value::Array(items.iter().map(|item| tree(&item)).collect())
    } else if let Some(object) = value.dyn_ref::<Object>() {
        let members = Object::entries(object);
        let members = members.iter().map(|member| {
            let member: Array = member.unchecked_into();
            let name = member.get(0).as_string().unwrap_or_default();
            (name, tree(&member.get(1)))
        });
        Value::Object(members.collect())
    } else {
        Value::Null
    }
}

/// Whole up to the largest number below which all whole numbers are exact.
#[cfg(feature = "hydrate")]
fn figure(number: f64) -> Value {
    const EXACT: f64 = (1_u64 << 53) as f64;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}
