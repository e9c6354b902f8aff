//! What pages are made of: one type for whatever stands on a page.
//!
//! Leptos gives each piece of a page a type of its own, made of the types of all that is
//! in it, and compiles building, updating and taking over anew for each. For pages like
//! these that makes a program three times the size one may ask people to load. Here an
//! element is a value: tag, attributes, children. The framework's resources, signals,
//! router and rendering are used as they are; only their views are one type.

mod attribute;
mod render;

use leptos::{
    prelude::*,
    tachys::view::any_view::AnyView,
    web_sys::{Element, Event},
};

use attribute::Attribute;
pub use attribute::IntoAttribute;

/// A piece of a page.
pub enum Node {
    /// Nothing.
    Empty,
    /// Text; it is escaped.
    Text(String),
    /// An element.
    Element(El),
    /// Several pieces.
    Several(Vec<Node>),
    /// A piece that follows what it reads.
    Live(Box<dyn FnMut() -> Node + Send>),
    /// A view of the framework: its components.
    View(Box<AnyView>),
}

/// An element being described.
pub struct El(Box<Description>);

// Behind one pointer, because it is handed on at each step of its description.
struct Description {
    tag: &'static str,
    attributes: Vec<(&'static str, Attribute)>,
    /// Markup in place of children.
    html: Option<Attribute>,
    handlers: Vec<(&'static str, Handler)>,
    hook: Option<Hook>,
    children: Vec<Node>,
}

type Handler = Box<dyn FnMut(Event) + Send>;
type Hook = Box<dyn FnOnce(Element) + Send>;

/// An element.
#[inline(never)]
pub fn el(tag: &'static str) -> El {
    El(Box::new(Description {
        tag,
        attributes: Vec::new(),
        html: None,
        handlers: Vec::new(),
        hook: None,
        children: Vec::new(),
    }))
}

impl El {
    /// An attribute: a text, one that may be missing, or a function that gives either.
    pub fn attr(self, name: &'static str, value: impl IntoAttribute) -> Self {
        self.push_attribute(name, value.into_attribute())
    }

    /// The `class` attribute.
    pub fn class(self, value: impl IntoAttribute) -> Self {
        self.push_attribute("class", value.into_attribute())
    }

    /// What stands in a field, also after one has typed in it.
    pub fn value(self, value: impl Fn() -> String + Send + 'static) -> Self {
        self.push_attribute("value", Attribute::Value(Box::new(value)))
    }

    /// What happens on an event.
    pub fn on(self, event: &'static str, handler: impl FnMut(Event) + Send + 'static) -> Self {
        self.push_handler(event, Box::new(handler))
    }

    /// Markup as its content. What comes from data must have been escaped.
    pub fn html(mut self, markup: impl IntoAttribute) -> Self {
        self.0.html = Some(markup.into_attribute());
        self
    }

    /// Something to do with the element itself, once it is there, in the browser.
    #[cfg(feature = "hydrate")]
    pub fn hook(mut self, hook: impl FnOnce(Element) + Send + 'static) -> Self {
        self.0.hook = Some(Box::new(hook));
        self
    }

    /// A child.
    pub fn add(self, child: impl IntoNode) -> Self {
        self.push_child(child.into_node())
    }

    #[inline(never)]
    fn push_attribute(mut self, name: &'static str, attribute: Attribute) -> Self {
        self.0.attributes.push((name, attribute));
        self
    }

    #[inline(never)]
    fn push_handler(mut self, event: &'static str, handler: Handler) -> Self {
        self.0.handlers.push((event, handler));
        self
    }

    #[inline(never)]
    fn push_child(mut self, child: Node) -> Self {
        self.0.children.push(child);
        self
    }
}

impl Description {
    /// Whether there can be nothing in it.
    fn is_void(&self) -> bool {
        matches!(self.tag, "input" | "br")
    }
}

/// What can stand on a page.
pub trait IntoNode {
    /// As a piece of it.
    fn into_node(self) -> Node;
}

impl IntoNode for Node {
    fn into_node(self) -> Node {
        self
    }
}

impl IntoNode for El {
    fn into_node(self) -> Node {
        Node::Element(self)
    }
}

impl IntoNode for String {
    fn into_node(self) -> Node {
        Node::Text(self)
    }
}

impl IntoNode for &str {
    #[inline(never)]
    fn into_node(self) -> Node {
        Node::Text(self.to_owned())
    }
}

impl IntoNode for AnyView {
    fn into_node(self) -> Node {
        Node::View(Box::new(self))
    }
}

impl<T: IntoNode> IntoNode for Option<T> {
    fn into_node(self) -> Node {
        self.map_or(Node::Empty, T::into_node)
    }
}

impl<T: IntoNode> IntoNode for Vec<T> {
    fn into_node(self) -> Node {
        Node::Several(self.into_iter().map(T::into_node).collect())
    }
}

impl<F, T> IntoNode for F
where
    F: FnMut() -> T + Send + 'static,
    T: IntoNode,
{
    fn into_node(mut self) -> Node {
        Node::Live(Box::new(move || self().into_node()))
    }
}

/// A `div` of a class.
pub fn div(class: &'static str) -> El {
    el("div").class(class)
}

/// A `span` of a class.
pub fn span(class: &'static str) -> El {
    el("span").class(class)
}

/// A paragraph of a class.
pub fn p(class: &'static str) -> El {
    el("p").class(class)
}

/// A link.
pub fn link(address: impl IntoAttribute, words: impl IntoNode) -> El {
    el("a").attr("href", address).add(words)
}

/// Several pieces, one after the other.
macro_rules! several {
    ($($piece:expr),* $(,)?) => {
        $crate::node::Node::Several(vec![$($crate::node::IntoNode::into_node($piece)),*])
    };
}
pub(crate) use several;

/// A list that moves: a piece for each key, which stays the same piece for as long as
/// its key is there.
pub fn each(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    piece: impl Fn(String) -> Node + Send + Sync + Clone + 'static,
) -> Node {
    type Keys = Box<dyn Fn() -> Vec<String> + Send + Sync>;
    type Piece = std::sync::Arc<dyn Fn(String) -> Node + Send + Sync>;
    fn list(keys: Keys, piece: Piece) -> AnyView {
        view! { <For each=keys key=String::clone children=move |key| piece(key) /> }.into_any()
    }
    list(Box::new(keys), std::sync::Arc::new(piece)).into_node()
}

/// The value of the field that an event came from.
pub fn typed(event: &Event) -> String {
    event_target_value(event)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn html(node: impl IntoNode) -> String {
        node.into_node().to_html()
    }

    #[test]
    fn text_and_attributes_are_escaped() {
        let link = el("a").attr("href", "/?a=\"b\"&c").add("<b> & co");
        assert_eq!(
            html(link),
            "<a href=\"/?a=&quot;b&quot;&amp;c\">&lt;b&gt; &amp; co</a>"
        );
    }

    #[test]
    fn an_attribute_that_is_missing_is_not_written() {
        let item = el("input")
            .attr("name", None::<String>)
            .attr("required", true)
            .attr("checked", false);
        assert_eq!(html(item), "<input required=\"\">");
    }

    #[test]
    fn neighbouring_texts_stay_apart_for_whoever_takes_over() {
        assert_eq!(
            html(el("p").add("a").add("b").add(None::<Node>).add("c")),
            "<p>a<!>b<!>c</p>"
        );
    }

    #[test]
    fn markup_is_written_as_it_is() {
        assert_eq!(
            html(el("span").html("<svg></svg>")),
            "<span><svg></svg></span>"
        );
    }
}
