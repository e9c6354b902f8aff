//! Filters: conditions of the model as expressions.
//!
//! A value is made a literal of its column's own type, so that `DataFusion` compares
//! without a cast and can skip row groups by their statistics. Columns are named by
//! `ident`, which neither folds case nor splits at dots.

use assay_model::{
    ColumnType, Decimal, Schema,
    analysis::{Clause, Condition, Filter, Op, Span},
};
use chrono::{DateTime, Months, TimeDelta, Utc};
use datafusion::{
    arrow::{
        compute::cast,
        datatypes::{DECIMAL128_MAX_PRECISION, DataType, TimeUnit, i256},
    },
    common::DFSchema,
    functions::expr_fn::{contains, starts_with},
    logical_expr::{Expr, Operator, binary_expr, ident, in_list, lit},
    scalar::ScalarValue,
};
use serde_json::Value;

use crate::{EngineError, parse, types};

/// The filter as one expression over columns of `schema`; `None` when it lets every
/// row through. `now` is what `last` counts back from, `field` what errors call it.
pub(crate) fn expression(
    filter: &Filter,
    field: &str,
    schema: &DFSchema,
    now: DateTime<Utc>,
) -> Result<Option<Expr>, EngineError> {
    let mut all: Option<Expr> = None;
    for (i, clause) in filter.clauses.iter().enumerate() {
        let at = |j: usize| match clause {
            Clause::One(_) => format!("{field}[{i}]"),
            Clause::Any { .. } => format!("{field}[{i}].any[{j}]"),
        };
        let mut any: Option<Expr> = None;
        for (j, one) in clause.conditions().iter().enumerate() {
            let one = condition(one, &at(j), schema, now)?;
            any = Some(match any {
                Some(any) => any.or(one),
                None => one,
            });
        }
        all = match (all, any) {
            (Some(all), Some(any)) => Some(all.and(any)),
            (all, any) => all.or(any),
        };
    }
    Ok(all)
}

/// Columns equal to values written as text, as addresses have them. A text that does
/// not read as its column's type equals nothing.
pub(crate) fn equals(
    pairs: &[(String, String)],
    schema: &Schema,
    frame: &DFSchema,
) -> Result<Option<Expr>, EngineError> {
    let mut all: Option<Expr> = None;
    for (name, text) in pairs {
        let field = format!("where.{name}");
        let kind = schema
            .find(&field, name)
            .map_err(|error| EngineError::Invalid(vec![error]))?
            .kind;
        let value = match kind {
            ColumnType::Integer | ColumnType::Number => parse::integer(text)
                .map(Value::from)
                .or_else(|| parse::number(text).map(Value::from))
                .or_else(|| parse::special(text).map(|_| Value::from(text.as_str()))),
            ColumnType::Boolean => parse::boolean(text).map(Value::from),
            _ => Some(Value::from(text.as_str())),
        };
        let data_type = frame.field_with_unqualified_name(name)?.data_type();
        let one = match value.and_then(|value| literal(&value, data_type)) {
            Some(value) => ident(name).eq(value),
            None => lit(false),
        };
        all = Some(match all {
            Some(all) => all.and(one),
            None => one,
        });
    }
    Ok(all)
}

fn condition(
    condition: &Condition,
    field: &str,
    schema: &DFSchema,
    now: DateTime<Utc>,
) -> Result<Expr, EngineError> {
    let name = &condition.column;
    let data_type = schema.field_with_unqualified_name(name)?.data_type();
    let column = ident(name);
    let given = condition.value.as_ref().unwrap_or(&Value::Null);
    let misfit = || EngineError::invalid(format!("{field}.value"), "The value does not fit.");
    let one = || literal(given, data_type).ok_or_else(misfit);
    let list = || -> Result<Vec<Expr>, EngineError> {
        let values = given.as_array().map_or(&[][..], Vec::as_slice);
        values
            .iter()
            .map(|value| literal(value, data_type).ok_or_else(misfit))
            .collect()
    };
    let text = || lit(given.as_str().unwrap_or_default());
    Ok(match condition.op {
        Op::Eq => column.eq(one()?),
        Op::Ne => column.not_eq(one()?),
        Op::Lt => column.lt(one()?),
        Op::Le => column.lt_eq(one()?),
        Op::Gt => column.gt(one()?),
        Op::Ge => column.gt_eq(one()?),
        Op::Between => match <[Expr; 2]>::try_from(list()?) {
            Ok([low, high]) => column.between(low, high),
            Err(_) => return Err(misfit()),
        },
        Op::In => in_list(column, list()?, false),
        Op::Contains => contains(column, text()),
        Op::StartsWith => starts_with(column, text()),
        Op::Matches => {
            let pattern = given.as_str().unwrap_or_default();
            check_pattern(pattern, field)?;
            binary_expr(column, Operator::RegexMatch, lit(pattern))
        }
        Op::IsNull => column.is_null(),
        Op::NotNull => column.is_not_null(),
        Op::Last => {
            let from = given
                .as_str()
                .and_then(|text| Span::parse(text).ok())
                .and_then(|span| before(now, span));
            let end = |time| instant(time, data_type).ok_or_else(misfit);
            column.between(end(from.unwrap_or(DateTime::<Utc>::MIN_UTC))?, end(now)?)
        }
    })
}

/// A value as a literal of `data_type`, or of one that compares with it exactly.
fn literal(value: &Value, data_type: &DataType) -> Option<Expr> {
    let text = value.as_str();
    match types::column_type(data_type) {
        ColumnType::Integer | ColumnType::Number => number(value),
        ColumnType::Decimal => {
            let text = text.map_or_else(|| value.to_string(), str::to_owned);
            decimal(&Decimal::parse(&text)?, data_type)
        }
        ColumnType::Boolean => value.as_bool().map(lit),
        ColumnType::Date => {
            let days = parse::date(text?)?;
            Some(scalar(ScalarValue::Date32(Some(days))))
        }
        ColumnType::Time => {
            let time = ScalarValue::Time64Microsecond(Some(parse::time(text?)?));
            converted(&time, data_type)
        }
        ColumnType::Timestamp => instant(parse::condition_moment(text?)?, data_type),
        ColumnType::Text | ColumnType::List | ColumnType::Binary => Some(lit(text?)),
    }
}

fn number(value: &Value) -> Option<Expr> {
    if let Some(n) = value.as_i64() {
        return Some(lit(n));
    }
    if let Some(n) = value.as_u64() {
        return Some(lit(n));
    }
    let x = match value.as_str() {
        Some(text) => parse::special(text)?,
        None => value.as_f64()?,
    };
    Some(lit(parse::canonical(x)))
}

/// A decimal of its own scale: comparing widens both sides and rounds neither, for which
/// 38 digits may be too few.
fn decimal(given: &Decimal, data_type: &DataType) -> Option<Expr> {
    let value: i128 = given.digits.parse().ok()?;
    let digits = given.digits.trim_start_matches('-').len();
    let scale = i8::try_from(given.scale).ok()?;
    let precision = u8::try_from(digits).ok()?.max(given.scale);
    let (other_precision, other_scale) = match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => (i16::from(*precision), i16::from(*scale)),
        _ => return None,
    };
    let own_scale = i16::from(scale);
    let before = (i16::from(precision) - own_scale).max(other_precision - other_scale);
    let wide = before + own_scale.max(other_scale) > i16::from(DECIMAL128_MAX_PRECISION);
    Some(scalar(if wide {
        ScalarValue::Decimal256(Some(i256::from_i128(value)), precision, scale)
    } else {
        ScalarValue::Decimal128(Some(value), precision, scale)
    }))
}

fn instant(time: DateTime<Utc>, data_type: &DataType) -> Option<Expr> {
    let zone = match data_type {
        DataType::Timestamp(_, zone) => zone.clone(),
        DataType::Date32 | DataType::Date64 => {
            let days = parse::days(time.date_naive());
            return Some(scalar(ScalarValue::Date32(Some(days))));
        }
        _ => return None,
    };
    Some(scalar(match data_type {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            // Nanoseconds reach from 1677 to 2262; what lies outside is before or after
            // all values.
            let outside = if time < DateTime::UNIX_EPOCH {
                i64::MIN
            } else {
                i64::MAX
            };
            ScalarValue::TimestampNanosecond(
                Some(time.timestamp_nanos_opt().unwrap_or(outside)),
                zone,
            )
        }
        _ => ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), zone),
    }))
}

fn converted(value: &ScalarValue, data_type: &DataType) -> Option<Expr> {
    let array = cast(&value.to_array().ok()?, data_type).ok()?;
    ScalarValue::try_from_array(&array, 0).ok().map(scalar)
}

fn scalar(value: ScalarValue) -> Expr {
    Expr::Literal(value, None)
}

fn before(now: DateTime<Utc>, span: Span) -> Option<DateTime<Utc>> {
    match span {
        Span::Seconds(seconds) => now.checked_sub_signed(TimeDelta::try_seconds(seconds)?),
        Span::Months(months) => now.checked_sub_months(Months::new(months)),
    }
}

/// The model does not know regular expressions; the engine tries the pattern before
/// anything is read.
fn check_pattern(pattern: &str, field: &str) -> Result<(), EngineError> {
    use datafusion::arrow::{
        array::StringArray, compute::kernels::comparison::regexp_is_match_scalar,
    };
    match regexp_is_match_scalar(&StringArray::from(vec![""]), pattern, None) {
        Ok(_) => Ok(()),
        Err(_) => Err(EngineError::invalid(
            format!("{field}.value"),
            format!(
                "“{}” is not a regular expression.",
                assay_model::words::shorten(pattern, 40)
            ),
        )),
    }
}
