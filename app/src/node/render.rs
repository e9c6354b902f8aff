//! How pieces become markup on the server, elements in the browser, and how the browser
//! takes over what the server wrote. Both sides walk the same tree in the same order.

use leptos::{
    reactive::effect::RenderEffect,
    tachys::{
        html::attribute::{Attribute as FrameworkAttribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        reactive_graph::RenderEffectState,
        renderer::{CastFrom, RemoveEventHandler, Rndr, types},
        ssr::StreamBuilder,
        view::{
            Mountable, Position, PositionState, Render, RenderHtml,
            add_attr::AddAnyAttr,
            any_view::{AnyView, AnyViewState},
            iterators::VecState,
        },
    },
    wasm_bindgen::JsCast,
};

use super::{Description, Node};

/// A piece as it stands in the browser.
pub enum State {
    /// A place for something to come.
    Empty(types::Placeholder),
    /// A text and what it says.
    Text(types::Text, String),
    /// An element, its children, and what keeps it true.
    Element(ElementState),
    /// Several.
    Several(VecState<State>),
    /// One that follows what it reads.
    Live(RenderEffectState<State>),
    /// A view of the framework.
    View(AnyViewState),
}

/// An element as it stands in the browser.
pub struct ElementState {
    element: types::Element,
    children: Vec<State>,
    // Kept for what they do until they are dropped.
    _attributes: Vec<RenderEffect<Option<String>>>,
    _handlers: Vec<RemoveEventHandler<types::Element>>,
}

impl Description {
    /// Gives the element all but its children.
    fn dress(&mut self, element: &types::Element, is_written: bool) -> ElementState {
        let attributes = std::mem::take(&mut self.attributes).into_iter();
        let mut effects: Vec<_> = attributes
            .filter_map(|(name, attribute)| attribute.apply(element, name, is_written))
            .collect();
        effects.extend(
            self.html
                .take()
                .and_then(|html| html.apply_html(element, is_written)),
        );
        let handlers = std::mem::take(&mut self.handlers).into_iter();
        let handlers = handlers.map(|(name, mut handler)| {
            Rndr::add_event_listener(
                element,
                name,
                Box::new(move |event: types::Event| handler(event.unchecked_into())),
            )
        });
        ElementState {
            element: element.clone(),
            children: Vec::new(),
            _attributes: effects,
            _handlers: handlers.collect(),
        }
    }

    fn build(mut self) -> ElementState {
        let element = Rndr::create_element(self.tag, None);
        let mut state = self.dress(&element, false);
        for child in self.children {
            let mut child = child.build();
            child.mount(&element, None);
            state.children.push(child);
        }
        if let Some(hook) = self.hook {
            hook(element);
        }
        state
    }

    fn hydrate(mut self, cursor: &Cursor, position: &PositionState) -> ElementState {
        match position.get() {
            Position::FirstChild => cursor.child(),
            Position::Current => {}
            _ => cursor.sibling(),
        }
        let found = cursor.current();
        let element = types::Element::cast_from(found).unwrap_or_else(|| mismatch(self.tag));
        let has_html = self.html.is_some();
        let mut state = self.dress(&element, true);
        if !has_html {
            position.set(Position::FirstChild);
            state.children = self
                .children
                .into_iter()
                .map(|child| child.hydrate::<true>(cursor, position))
                .collect();
        }
        let node: &types::Node = element.as_ref();
        cursor.set(node.clone());
        position.set(Position::NextChild);
        if let Some(hook) = self.hook {
            hook(element);
        }
        state
    }

    /// The opening tag; whether children follow.
    fn open(&self, buffer: &mut String) -> bool {
        buffer.push('<');
        buffer.push_str(self.tag);
        for (name, attribute) in &self.attributes {
            if let Some(text) = attribute.read() {
                buffer.push(' ');
                buffer.push_str(name);
                buffer.push_str("=\"");
                buffer.push_str(&crate::chart::escape(&text));
                buffer.push('"');
            }
        }
        buffer.push('>');
        if let Some(html) = self.html.as_ref().and_then(super::Attribute::read) {
            buffer.push_str(&html);
            return false;
        }
        !self.is_void()
    }

    fn close(&self, buffer: &mut String) {
        if !self.is_void() {
            buffer.push_str("</");
            buffer.push_str(self.tag);
            buffer.push('>');
        }
    }
}

/// The page in the browser is not the one that the server wrote. Only a fault of this
/// program (or something that rewrites pages) leads here, and there is no way on.
fn mismatch(tag: &str) -> types::Element {
    leptos::logging::error!("The page does not stand as the server wrote it, near <{tag}>.");
    Rndr::create_element("span", None)
}

impl Render for Node {
    type State = State;

    fn build(self) -> State {
        match self {
            Self::Empty => State::Empty(Rndr::create_placeholder()),
            Self::Text(text) => State::Text(Rndr::create_text_node(&text), text),
            Self::Element(element) => State::Element(element.0.build()),
            Self::Several(pieces) => State::Several(pieces.build()),
            Self::Live(live) => State::Live(live.build()),
            Self::View(view) => State::View(view.build()),
        }
    }

    /// Texts change in place, lists item by item; whatever else has come anew stands in
    /// place of the old.
    fn rebuild(self, state: &mut State) {
        match (self, state) {
            (Self::Empty, State::Empty(_)) => {}
            (Self::Text(text), State::Text(node, last)) => {
                if text != *last {
                    Rndr::set_text(node, &text);
                    *last = text;
                }
            }
            (Self::Several(pieces), State::Several(state)) => pieces.rebuild(state),
            (Self::View(view), State::View(state)) => view.rebuild(state),
            (piece, state) => {
                let mut new = piece.build();
                state.insert_before_this(&mut new);
                state.unmount();
                *state = new;
            }
        }
    }
}

impl RenderHtml for Node {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {
        match self {
            Self::Empty | Self::Text(_) => {}
            Self::Element(element) => element.0.children.iter_mut().for_each(Self::dry_resolve),
            Self::Several(pieces) => pieces.iter_mut().for_each(Self::dry_resolve),
            Self::Live(live) => live().dry_resolve(),
            Self::View(view) => view.dry_resolve(),
        }
    }

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        buffer: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        _extra: Vec<AnyAttribute>,
    ) {
        match self {
            Self::Empty => ().to_html_with_buf(buffer, position, escape, mark_branches, Vec::new()),
            Self::Text(text) => {
                text.to_html_with_buf(buffer, position, escape, mark_branches, Vec::new());
            }
            Self::Element(element) => {
                let mut element = element.0;
                if element.open(buffer) {
                    *position = Position::FirstChild;
                    for child in std::mem::take(&mut element.children) {
                        child.to_html_with_buf(buffer, position, escape, mark_branches, Vec::new());
                    }
                }
                element.close(buffer);
                *position = Position::NextChild;
            }
            Self::Several(pieces) => {
                pieces.to_html_with_buf(buffer, position, escape, mark_branches, Vec::new());
            }
            Self::Live(mut live) => {
                live().to_html_with_buf(buffer, position, escape, mark_branches, Vec::new());
            }
            Self::View(view) => {
                view.to_html_with_buf(buffer, position, escape, mark_branches, Vec::new());
            }
        }
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buffer: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        _extra: Vec<AnyAttribute>,
    ) {
        match self {
            Self::Element(element) => {
                let mut element = element.0;
                let mut text = String::new();
                let has_children = element.open(&mut text);
                buffer.push_sync(&text);
                if has_children {
                    *position = Position::FirstChild;
                    for child in std::mem::take(&mut element.children) {
                        child.to_html_async_with_buf::<OUT_OF_ORDER>(
                            buffer,
                            position,
                            escape,
                            mark_branches,
                            Vec::new(),
                        );
                    }
                }
                let mut text = String::new();
                element.close(&mut text);
                buffer.push_sync(&text);
                *position = Position::NextChild;
            }
            Self::Several(pieces) => {
                pieces.to_html_async_with_buf::<OUT_OF_ORDER>(
                    buffer,
                    position,
                    escape,
                    mark_branches,
                    Vec::new(),
                );
            }
            Self::Live(mut live) => {
                live().to_html_async_with_buf::<OUT_OF_ORDER>(
                    buffer,
                    position,
                    escape,
                    mark_branches,
                    Vec::new(),
                );
            }
            Self::View(view) => {
                view.to_html_async_with_buf::<OUT_OF_ORDER>(
                    buffer,
                    position,
                    escape,
                    mark_branches,
                    Vec::new(),
                );
            }
            other => buffer.with_buf(|buffer| {
                other.to_html_with_buf(buffer, position, escape, mark_branches, Vec::new());
            }),
        }
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> State {
        match self {
            Self::Empty => State::Empty(RenderHtml::hydrate::<FROM_SERVER>((), cursor, position)),
            Self::Text(text) => {
                if position.get() == Position::FirstChild {
                    cursor.child();
                } else {
                    cursor.sibling();
                }
                if position.get() == Position::NextChildAfterText {
                    // The mark between two texts.
                    cursor.sibling();
                }
                position.set(Position::NextChildAfterText);
                let found = types::Text::cast_from(cursor.current());
                State::Text(found.unwrap_or_else(|| Rndr::create_text_node(&text)), text)
            }
            Self::Element(element) => State::Element(element.0.hydrate(cursor, position)),
            Self::Several(pieces) => {
                State::Several(pieces.hydrate::<FROM_SERVER>(cursor, position))
            }
            Self::Live(live) => State::Live(live.hydrate::<FROM_SERVER>(cursor, position)),
            Self::View(view) => State::View(view.hydrate::<FROM_SERVER>(cursor, position)),
        }
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl AddAnyAttr for Node {
    type Output<SomeNewAttr: FrameworkAttribute> = Self;

    fn add_any_attr<NewAttr: FrameworkAttribute>(self, _attribute: NewAttr) -> Self {
        self
    }
}

impl State {
    fn mounted(&mut self) -> &mut dyn Mountable {
        match self {
            Self::Empty(place) => place,
            Self::Text(text, _) => text,
            Self::Element(element) => &mut element.element,
            Self::Several(pieces) => pieces,
            Self::Live(live) => live,
            Self::View(view) => view,
        }
    }
}

impl Mountable for State {
    fn unmount(&mut self) {
        self.mounted().unmount();
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        self.mounted().mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match self {
            Self::Empty(place) => place.insert_before_this(child),
            Self::Text(text, _) => text.insert_before_this(child),
            Self::Element(element) => element.element.insert_before_this(child),
            Self::Several(pieces) => pieces.insert_before_this(child),
            Self::Live(live) => live.insert_before_this(child),
            Self::View(view) => view.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<types::Element> {
        match self {
            Self::Empty(_) | Self::Text(..) => Vec::new(),
            Self::Element(element) => vec![element.element.clone()],
            Self::Several(pieces) => pieces.elements(),
            Self::Live(live) => live.elements(),
            Self::View(view) => view.elements(),
        }
    }
}

/// A page may hold views of the framework, so a piece is a view itself.
impl From<Node> for AnyView {
    fn from(node: Node) -> Self {
        use leptos::prelude::IntoAny;
        node.into_any()
    }
}
