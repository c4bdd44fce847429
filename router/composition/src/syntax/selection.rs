//! The selection sets inside `fields` arguments of `@key`, `@requires` and `@provides`.

use super::ast::Value;
use super::lexer::{SyntaxError, Token};
use super::parser::Parser;
use super::printer::write_arguments;

/// One selection of a field set.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// A field, possibly with arguments and selections of its own.
    Field {
        alias: Option<String>,
        name: String,
        arguments: Vec<(String, Value)>,
        has_directives: bool,
        selections: Vec<Selection>,
    },
    /// An inline fragment.
    Fragment { on: Option<String>, has_directives: bool, selections: Vec<Selection> },
}

impl Selection {
    /// What is selected below this selection.
    pub fn selections(&self) -> &[Self] {
        match self {
            Self::Field { selections, .. } | Self::Fragment { selections, .. } => selections,
        }
    }
}

/// Parses a field set; the outer braces may be left out, as field sets do.
pub fn parse_selection_set(source: &str) -> Result<Vec<Selection>, SyntaxError> {
    let mut parser = Parser::new(source)?;
    let braced = parser.skip('{')?;
    let mut selections = Vec::new();
    while parser.token != Token::EndOfText && !(braced && parser.at('}')) {
        selections.push(selection(&mut parser)?);
    }
    if braced {
        parser.expect('}')?;
        if parser.token != Token::EndOfText {
            return Err(parser.unexpected("the end of the field set"));
        }
    }
    if selections.is_empty() {
        return Err(parser.error("a field set must select at least one field".to_owned()));
    }
    Ok(selections)
}

fn selection(parser: &mut Parser<'_>) -> Result<Selection, SyntaxError> {
    if parser.token == Token::Spread {
        parser.advance()?;
        let on = if parser.skip_keyword("on")? { Some(parser.name()?) } else { None };
        let has_directives = !parser.directives()?.is_empty();
        let selections = braced(parser)?;
        return Ok(Selection::Fragment { on, has_directives, selections });
    }
    let mut name = parser.name()?;
    let mut alias = None;
    if parser.skip(':')? {
        alias = Some(std::mem::replace(&mut name, parser.name()?));
    }
    let arguments = if parser.at('(') { parser.arguments()? } else { Vec::new() };
    let has_directives = !parser.directives()?.is_empty();
    let selections = if parser.at('{') { braced(parser)? } else { Vec::new() };
    Ok(Selection::Field { alias, name, arguments, has_directives, selections })
}

fn braced(parser: &mut Parser<'_>) -> Result<Vec<Selection>, SyntaxError> {
    parser.expect('{')?;
    parser.nested(|parser| {
        let mut selections = vec![selection(parser)?];
        while !parser.skip('}')? {
            selections.push(selection(parser)?);
        }
        Ok(selections)
    })
}

/// Prints a field set on one line, without outer braces.
pub fn print_selection_set(selections: &[Selection]) -> String {
    let mut text = String::new();
    write_selections(&mut text, selections);
    text
}

fn write_selections(text: &mut String, selections: &[Selection]) {
    for (index, selection) in selections.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match selection {
            Selection::Field { alias, name, arguments, .. } => {
                if let Some(alias) = alias {
                    text.push_str(alias);
                    text.push_str(": ");
                }
                text.push_str(name);
                write_arguments(text, arguments);
            }
            Selection::Fragment { on, .. } => {
                text.push_str("...");
                if let Some(on) = on {
                    text.push_str(" on ");
                    text.push_str(on);
                }
            }
        }
        if !selection.selections().is_empty() {
            text.push_str(" { ");
            write_selections(text, selection.selections());
            text.push_str(" }");
        }
    }
}
