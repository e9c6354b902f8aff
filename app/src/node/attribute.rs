//! Attributes of elements: fixed, or following what they read.

use std::borrow::Cow;

use leptos::{
    reactive::effect::RenderEffect, tachys::renderer::Rndr, wasm_bindgen::JsValue, web_sys::Element,
};

/// What an attribute says.
pub enum Attribute {
    /// It is not there.
    Missing,
    /// This.
    Fixed(Cow<'static, str>),
    /// Whatever the function gives, as it changes.
    Live(Box<dyn Fn() -> Option<String> + Send>),
    /// What stands in a field: an attribute when it is written, a property later on,
    /// because the attribute has no say once one has typed.
    Value(Box<dyn Fn() -> String + Send>),
}

/// What can stand in an attribute.
pub trait IntoAttribute {
    /// As an attribute.
    fn into_attribute(self) -> Attribute;
}

impl IntoAttribute for &'static str {
    fn into_attribute(self) -> Attribute {
        Attribute::Fixed(Cow::Borrowed(self))
    }
}

impl IntoAttribute for String {
    fn into_attribute(self) -> Attribute {
        Attribute::Fixed(Cow::Owned(self))
    }
}

impl IntoAttribute for bool {
    fn into_attribute(self) -> Attribute {
        if self {
            Attribute::Fixed(Cow::Borrowed(""))
        } else {
            Attribute::Missing
        }
    }
}

impl<T: IntoAttribute> IntoAttribute for Option<T> {
    fn into_attribute(self) -> Attribute {
        self.map_or(Attribute::Missing, T::into_attribute)
    }
}

impl<F, T> IntoAttribute for F
where
    F: Fn() -> T + Send + 'static,
    T: IntoAttribute,
{
    fn into_attribute(self) -> Attribute {
        Attribute::Live(Box::new(move || self().into_attribute().read()))
    }
}

impl Attribute {
    /// What it says now.
    pub fn read(&self) -> Option<String> {
        match self {
            Self::Missing => None,
            Self::Fixed(text) => Some(text.clone().into_owned()),
            Self::Live(read) => read(),
            Self::Value(read) => Some(read()),
        }
    }

    /// Puts it on an element and keeps it true for as long as what this returns is kept.
    /// An element that the server wrote has its fixed attributes already.
    pub fn apply(
        self,
        element: &Element,
        name: &'static str,
        is_written: bool,
    ) -> Option<RenderEffect<Option<String>>> {
        match self {
            Self::Missing => None,
            Self::Fixed(text) => {
                if !is_written {
                    Rndr::set_attribute(element, name, &text);
                }
                None
            }
            Self::Live(read) => {
                Some(follow(
                    element,
                    is_written,
                    read,
                    move |element, value| match value {
                        Some(value) => Rndr::set_attribute(element, name, value),
                        None => Rndr::remove_attribute(element, name),
                    },
                ))
            }
            Self::Value(read) => Some(follow(
                element,
                false,
                Box::new(move || Some(read())),
                |element, value| {
                    let value = JsValue::from_str(value.unwrap_or_default());
                    Rndr::set_property(element, "value", &value);
                },
            )),
        }
    }

    /// As [`Attribute::apply`], for markup in place of children.
    pub fn apply_html(
        self,
        element: &Element,
        is_written: bool,
    ) -> Option<RenderEffect<Option<String>>> {
        match self {
            Self::Missing => None,
            Self::Fixed(text) => {
                if !is_written {
                    Rndr::set_inner_html(element, &text);
                }
                None
            }
            Self::Live(read) => Some(follow(element, is_written, read, set_html)),
            Self::Value(read) => Some(follow(
                element,
                is_written,
                Box::new(move || Some(read())),
                set_html,
            )),
        }
    }
}

fn set_html(element: &Element, html: Option<&str>) {
    Rndr::set_inner_html(element, html.unwrap_or_default());
}

type Set = Box<dyn Fn(&Element, Option<&str>)>;

fn follow(
    element: &Element,
    is_written: bool,
    read: Box<dyn Fn() -> Option<String> + Send>,
    set: impl Fn(&Element, Option<&str>) + 'static,
) -> RenderEffect<Option<String>> {
    let set: Set = Box::new(set);
    let element = element.clone();
    RenderEffect::new(move |last: Option<Option<String>>| {
        let now = read();
        let stands = match &last {
            None => is_written,
            Some(last) => *last == now,
        };
        if !stands {
            set(&element, now.as_deref());
        }
        now
    })
}
