// Generates the types of every operation in the console from the platform's composed API schema.
import { existsSync } from 'node:fs';
import type { CodegenConfig } from '@graphql-codegen/cli';

const composed = '../schema/api.graphql';
const schema = process.env.CLOUDPHONE_API_SCHEMA ?? composed;
if (!existsSync(schema)) {
  throw new Error(`${schema} does not exist: write it with \`cloudphone schema export\`, or name another file in CLOUDPHONE_API_SCHEMA.`);
}

const config: CodegenConfig = {
  schema,
  documents: ['src/**/*.{ts,tsx}', '!src/graphql/generated/**'],
  generates: {
    'src/graphql/generated/': {
      preset: 'client',
      // Fragments are shared by the parts of one page; masking would only add unwrapping.
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: {
          ID: { input: 'string', output: 'string' },
          DateTime: 'string',
          Long: 'number',
          JSON: 'unknown',
        },
      },
    },
  },
};

export default config;
