/** The routes that dialects have in common. */
import type { Route } from '../core/dialect.js';

export const ALL_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The list of models. */
export const models: Route = {
  path: /^(?:\/v\d+(?:[a-z0-9]*\/openai)?)?\/models\/?$/,
  operation: 'models',
  methods: ['GET', 'HEAD'],
};
