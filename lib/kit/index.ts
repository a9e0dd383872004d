/** The stages that a config can name without more. */
import { headers } from './headers.js';
import type { KitStage } from './kit-stage.js';
import { mapModel } from './map-model.js';
import { rejectWhen } from './reject-when.js';
import { replaceText } from './replace-text.js';
import { retryWhen } from './retry-when.js';
import { setFields } from './set-fields.js';

export const KIT: readonly KitStage[] = [setFields, headers, mapModel, retryWhen, rejectWhen, replaceText];
