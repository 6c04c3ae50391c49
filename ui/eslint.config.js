import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

const features = ['chat', 'servers', 'settings', 'sidebar', 'welcome']

/** What a room may not import; types of the contract may be named anywhere. */
function room(name, forbidden, why) {
  return {
    files: [`src/${name}/**`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@tauri-apps/*'], message: 'Only ipc/ talks to Tauri.' },
            {
              group: forbidden.map((other) => `**/${other}/**`),
              allowTypeImports: true,
              message: why,
            },
          ],
        },
      ],
    },
  }
}

const innerHtml = {
  selector:
    "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/], CallExpression[callee.property.name='insertAdjacentHTML']",
  message: 'Only chat/Blocks.svelte puts HTML into the page.',
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'public', 'src/ipc/bindings.gen.ts'] },
  ...tseslint.configs.strict,
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: tseslint.parser, svelteConfig, extraFileExtensions: ['.svelte'] },
    },
  },
  {
    rules: {
      'no-restricted-syntax': ['error', innerHtml],
      'no-eval': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
      // Private maps here are book-keeping that nothing draws.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  room('state', ['parts', 'words', ...features], 'State knows core only.'),
  room('parts', ['ipc', 'state', 'words', ...features], 'Parts know neither words nor core.'),
  room('words', ['ipc', 'state', 'parts', ...features], 'Words depend on nothing.'),
  ...features.map((name) =>
    room(
      name,
      ['ipc', ...features.filter((other) => other !== name)],
      'Features know parts, state and words, not each other.',
    ),
  ),
  {
    files: ['src/ipc/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/state/**', '**/parts/**', '**/words/**', '**/chat/**', '**/sidebar/**'],
              message: 'The bridge knows nothing of the page.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/chat/Blocks.svelte'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-restricted-imports': 'off',
    },
  },
)
