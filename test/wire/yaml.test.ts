import { expect } from 'chai';
import { placeInYaml, readYaml } from '../../gateway/wire/files/yaml.ts';
import { thrownBy } from '../support/thrown.ts';

const text = `# a file
partner: KR
inForce: { from: 2014-04-01 }
codes:
  a/b: no
  list:
    - 1
    - two: '02'
`;

describe('YAML files', () => {
  it('is plain data: dates remain text, `no` is a string, `01` in quotes keeps its zero', () => {
    expect(readYaml(text, 'x.yaml')).to.deep.equal({
      partner: 'KR',
      inForce: { from: '2014-04-01' },
      codes: { 'a/b': 'no', list: [1, { two: '02' }] },
    });
  });

  const broken: readonly (readonly [what: string, source: string, at: string])[] = [
    ['a key twice', 'a: 1\nb: 2\na: 3\n', 'x.yaml:3:1'],
    ['a bracket that stays open', 'a: [1,\nb: 2\n', 'x.yaml:2:1'],
    ['a tab for an indent', 'a:\n\tb: 1\n', 'x.yaml:2:1'],
    ['an unknown tag', 'a: !run 1\n', 'x.yaml:1:4'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'x.yaml:2:1'],
  ];
  for (const [what, source, at] of broken) {
    it(`${what} is E_CONFIG_INVALID with its place`, () => {
      const error = thrownBy(() => readYaml(source, 'x.yaml'));
      expect([error.code, error.at]).to.deep.equal(['E_CONFIG_INVALID', at]);
    });
  }

  it('an alias is refused: a file of a few lines must not grow into gigabytes', () => {
    expect(thrownBy(() => readYaml('a: &x [1]\nb: *x\n', 'x.yaml')).code).to.equal('E_CONFIG_INVALID');
  });

  it('a JSON Pointer has line and column, or those of the enclosing value', () => {
    expect(placeInYaml(text, '/partner')).to.deep.equal({ line: 2, column: 10 });
    expect(placeInYaml(text, '/inForce/from')).to.deep.equal({ line: 3, column: 18 });
    expect(placeInYaml(text, '/codes/a~1b')).to.deep.equal({ line: 5, column: 8 });
    expect(placeInYaml(text, '/codes/list/1/two')).to.deep.equal({ line: 8, column: 12 });
    expect(placeInYaml(text, '/codes/list/1/three')).to.deep.equal({ line: 8, column: 7 });
    expect(placeInYaml(text, '/nothing')).to.deep.equal({ line: 1, column: 1 });
    expect(placeInYaml(text, '')).to.deep.equal({ line: 1, column: 1 });
  });
});
