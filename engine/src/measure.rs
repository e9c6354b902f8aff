//! Measures as aggregate expressions.
//!
//! `DataFusion`'s own functions where they hold to the definitions of the model; ours
//! (see `udaf`) where they do not: sums of whole numbers, least and greatest of
//! floating point, quantiles.

use assay_model::{
    ColumnType,
    analysis::{Measure, MeasureFn},
};
use datafusion::{
    arrow::datatypes::DataType,
    common::DFSchema,
    functions_aggregate::{
        expr_fn::{avg, count, count_distinct, max, min, stddev, sum},
        first_last::{first_value_udaf, last_value_udaf},
    },
    logical_expr::{
        Expr, ExprFunctionExt, ExprSchemable, SortExpr, cast, expr::NullTreatment, ident, lit,
    },
};

use crate::{
    EngineError,
    table::{PART, ROW},
    types, udaf,
};

/// The measure as an aggregate of the columns of `schema`, under its output name.
pub(crate) fn expression(measure: &Measure, schema: &DFSchema) -> Result<Expr, EngineError> {
    let Some(name) = &measure.column else {
        return Ok(count(lit(1_i64)).alias(measure.output_name()));
    };
    let column = ident(name);
    let kind = types::column_type(&column.get_type(schema)?);
    let number = || cast(ident(name), DataType::Float64);
    let expression = match (measure.function, kind) {
        (MeasureFn::Count, _) => count(column),
        (MeasureFn::Sum, ColumnType::Integer) => udaf::integer_sum(name).call(vec![column]),
        (MeasureFn::Sum, _) => sum(column),
        (MeasureFn::Mean, _) => avg(number()),
        (MeasureFn::Min, ColumnType::Number) => udaf::least().call(vec![column]),
        (MeasureFn::Min, _) => min(column),
        (MeasureFn::Max, ColumnType::Number) => udaf::greatest().call(vec![column]),
        (MeasureFn::Max, _) => max(column),
        (MeasureFn::Median, _) => udaf::quantile(0.5).call(vec![number()]),
        (MeasureFn::Quantile, _) => udaf::quantile(measure.q.unwrap_or(0.5)).call(vec![number()]),
        (MeasureFn::Stddev, _) => stddev(number()),
        (MeasureFn::Distinct, _) => count_distinct(column),
        (MeasureFn::First, _) => first_value_udaf()
            .call(vec![column])
            .order_by(order_of_rows())
            .null_treatment(NullTreatment::IgnoreNulls)
            .build()?,
        (MeasureFn::Last, _) => last_value_udaf()
            .call(vec![column])
            .order_by(order_of_rows())
            .null_treatment(NullTreatment::IgnoreNulls)
            .build()?,
    };
    Ok(expression.alias(measure.output_name()))
}

/// The order of the data.
pub(crate) fn order_of_rows() -> Vec<SortExpr> {
    vec![ident(PART).sort(true, false), ident(ROW).sort(true, false)]
}
