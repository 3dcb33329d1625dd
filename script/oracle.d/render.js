// Renders templates with Nunjucks itself, set up as Backstage's scaffolder sets it up, so that Portico's renderings can be compared.
// In: a JSON case a line, {"kind": "text" | "value" | "cookiecutter", "input": …, "context": …, "options": {…}}.
// Out: a JSON line for each, {"ok": …} or {"failed": "why"}. "ok" is missing where the result is undefined.
'use strict';
const nunjucks = require('nunjucks');
const readline = require('readline');

const trimmed = (text) => text.replace(/^\/+|\/+$/g, '');

function parseRepoUrl(address) {
  const url = new URL(`https://${address}`);
  const part = (name) => (url.searchParams.has(name) ? trimmed(url.searchParams.get(name)) : undefined);
  const [owner, repo, organization, workspace, project] = ['owner', 'repo', 'organization', 'workspace', 'project'].map(part);
  if (!repo && !project) throw new Error('no repo');
  if (!owner && !project && !workspace && !organization) throw new Error('no owner');
  return { host: url.host, owner, repo, organization, workspace, project };
}

function parseEntityRef(reference, defaults) {
  if (!reference) throw new Error('no reference');
  let { kind, namespace, name } = reference;
  if (typeof reference === 'string') {
    const match = /^(?:([^:/]*):)?(?:([^/]*)\/)?([^]*)$/.exec(reference);
    [, kind, namespace, name] = match;
    if (kind === '' || namespace === '' || name === '') throw new Error('an empty part');
  }
  kind = kind ?? defaults?.defaultKind;
  namespace = namespace ?? (defaults?.defaultNamespace || 'default');
  if (!kind || !namespace || !name) throw new Error('a part is missing');
  return { kind, namespace, name };
}

function pick(object, path) {
  const keys = Array.isArray(path) ? path : object && Object.hasOwn(Object(object), path) ? [path] : String(path).match(/[^.[\]]+/g) ?? [];
  return keys.reduce((at, key) => (at === undefined || at === null ? undefined : at[key]), object);
}

const added = {
  parseRepoUrl,
  parseEntityRef,
  pick,
  projectSlug: (address) => {
    const { owner, repo } = parseRepoUrl(address);
    return `${owner}/${repo}`;
  },
};

const environments = new Map();
function environment(cookiecutter, options) {
  const key = JSON.stringify([cookiecutter, options]);
  if (!environments.has(key)) {
    const made = new nunjucks.Environment(null, {
      autoescape: false,
      ...options,
      tags: { variableStart: cookiecutter ? '{{' : '${{', variableEnd: '}}' },
    });
    if (cookiecutter) made.addFilter('jsonify', made.getFilter('dump'));
    for (const [name, filter] of Object.entries(added)) {
      made.addFilter(name, (...args) => {
        // What goes in and out of them is copied as JSON.
        const result = JSON.stringify(filter(...args.map((arg) => (arg === undefined ? arg : JSON.parse(JSON.stringify(arg) ?? 'null')))));
        return result === undefined ? undefined : JSON.parse(result);
      });
    }
    environments.set(key, made);
  }
  return environments.get(key);
}

let uninstall;
function text(source, context, options, cookiecutter = false) {
  if (cookiecutter && !uninstall) uninstall = nunjucks.installJinjaCompat();
  if (!cookiecutter && uninstall) uninstall = void uninstall();
  const result = environment(cookiecutter, options).renderString(source, JSON.parse(JSON.stringify(context)));
  if (typeof result !== 'string') throw new Error('it renders as nothing');
  return result;
}

function isSingle(source) {
  const tree = nunjucks.parser.parse(source, [], { tags: { variableStart: '${{', variableEnd: '}}' } });
  return tree.children.length === 1 && !(tree.children[0].children?.[0] instanceof nunjucks.nodes.TemplateData);
}

function string(source, context) {
  const some = (rendered) => (rendered === '' ? undefined : rendered);
  try {
    if (isSingle(source)) {
      const rendered = text(source.replace(/\${{(.+)}}/g, '${{ ( $1 ) | dump }}'), context);
      return some(rendered) === undefined ? undefined : JSON.parse(rendered);
    }
  } catch {
    // Then as text.
  }
  try {
    return some(text(source, context));
  } catch {
    return source;
  }
}

const value = (input, context) =>
  JSON.parse(JSON.stringify(input), (_, part) => (typeof part === 'string' ? string(part, context) : part));

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  const { kind, input, context, options } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: kind === 'value' ? value(input, context) : text(input, context, options, kind === 'cookiecutter') };
  } catch (error) {
    answer = { failed: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
