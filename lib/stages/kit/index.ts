/** The stages that a config can name without more. */
import type { StageDefinition } from '../../core/custom-stage.js';

export const KIT: readonly StageDefinition[] = [];
