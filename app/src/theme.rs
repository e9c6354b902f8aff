//! Light or dark: what the reader's system says, unless a cookie says otherwise.

use crate::sig::Sig;
use leptos::prelude::*;

use crate::node::{IntoNode, Node, el};

/// The colour scheme that the reader has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Reads the `theme` cookie out of a `Cookie` header (or `document.cookie`).
    pub fn from_cookies(header: &str) -> Self {
        let value = header
            .split(';')
            .find_map(|pair| pair.trim().strip_prefix("theme="));
        match value {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// The value of the cookie and of the attribute on the root element.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// The button that changes it. Without JavaScript the system decides.
pub fn toggle() -> Node {
    let theme = Sig::new(use_context::<Theme>().unwrap_or_default());
    #[cfg(feature = "hydrate")]
    Effect::new(move || theme.set(browser::read()));
    let press = move |_| {
        let next = theme.get().next();
        theme.set(next);
        #[cfg(feature = "hydrate")]
        browser::write(next);
    };
    let word = move || format!("Theme: {}", theme.get().as_str());
    el("button")
        .attr("type", "button")
        .class("rail-button alive-only")
        .on("click", press)
        .add(word)
        .into_node()
}

#[cfg(feature = "hydrate")]
mod browser {
    use wasm_bindgen::JsCast;
    use web_sys::HtmlDocument;

    use super::Theme;

    fn document() -> Option<HtmlDocument> {
        web_sys::window()?.document()?.dyn_into().ok()
    }

    pub fn read() -> Theme {
        let cookies = document().and_then(|document| document.cookie().ok());
        Theme::from_cookies(&cookies.unwrap_or_default())
    }

    /// Keeps it for a year and shows it at once. A browser that takes no cookies shows it
    /// until the page is left, so what fails here fails softly.
    pub fn write(theme: Theme) {
        let Some(document) = document() else { return };
        let word = theme.as_str();
        let _ = document.set_cookie(&format!(
            "theme={word}; Path=/; Max-Age=31536000; SameSite=Lax"
        ));
        if let Some(root) = document.document_element() {
            let _ = root.set_attribute("data-theme", word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(
            Theme::from_cookies("id=1; theme=dark; x=theme=light"),
            Theme::Dark
        );
        assert_eq!(Theme::from_cookies("theme=light"), Theme::Light);
        assert_eq!(Theme::from_cookies("theme=pink"), Theme::System);
        assert_eq!(Theme::from_cookies(""), Theme::System);
    }
}
