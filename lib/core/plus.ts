/** A value that grows on its way through the pipeline. */

/**
 * The value with these fields too, or in the place of its own. What a spread does, for what every request passes: on
 * Node 20 each field that is new behind a spread costs about a microsecond, and freezing the result half of one.
 */
export const plus = <A extends object, B extends object>(value: A, fields: B): A & B =>
  Object.assign({}, value, fields);
