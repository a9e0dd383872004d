/** Values that dialects have in common. */
import type { Route } from '../core/dialect.js';

export const ALL_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The list of models, which dialects serve at one path. */
export const models: Route = {
  path: /^(?:\/v\d+(?:[a-z0-9]*\/openai)?)?\/models\/?$/,
  operation: 'models',
  methods: ['GET', 'HEAD'],
};

/** The `type` of an error by its status. */
export const COMMON_ERROR_TYPES: readonly (readonly [status: number, type: string])[] = [
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [429, 'rate_limit_error'],
];
