"""Modules as one script."""

import re

import pytest
from player_script import ASSETS, needs_node, run

from autoencode_core.export.bundle import bundle


def folder(tmp_path, **texts):
    for name, text in texts.items():
        path = tmp_path / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


SMALL = {
    "main": (
        'import { one as first, Two } from "./parts/a.js";\nimport * as all from "./parts/b.js";\n'
        "function strict() {\n  return this === undefined;\n}\n"
        "export default function () {\n  return [first, new Two().three(), all.twice(2), strict()];\n}\n"
    ),
    "parts__a": (
        'import { twice } from "./b.js";\nexport const one = 1;\n'
        "export class Two {\n  three() {\n    return twice(1) + one;\n  }\n}\n"
    ),
    "parts__b": "// not </script> here\nexport function twice(x) {\n  return 2 * x;\n}\n",
}


@needs_node
def test_it_does_what_the_modules_do(tmp_path):
    script = bundle(folder(tmp_path, **SMALL), "main.js")
    asked = f"{script}\nconsole.log(JSON.stringify(modules['main.js'].default()));"
    assert run(tmp_path, asked, parts=()) == [1, 3, 4, True]


def test_each_module_comes_once_after_what_it_imports(tmp_path):
    script = bundle(folder(tmp_path, **SMALL), "main.js", "parts/a.js")
    assert re.findall(r'^modules\["(.*?)"\] =', script, re.M) == ["parts/b.js", "parts/a.js", "main.js"]
    assert "</script" not in script and script.startswith('"use strict";')


@pytest.mark.parametrize(
    "text",
    ['import a from "./parts/a.js";\n', "export { one };\n", 'import "./x.js";\n', "export let a = 1;\n"],
)
def test_what_it_does_not_know_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match=r"main\.js"):
        bundle(folder(tmp_path, **SMALL | {"main": text}), "main.js")


def test_a_circle_is_refused(tmp_path):
    there = folder(tmp_path, a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        bundle(there, "a.js")


@pytest.mark.parametrize("kind", ["player", "landscape"])
def test_nothing_of_the_modules_is_left_to_be_loaded(kind):
    script = bundle(ASSETS, f"{kind}.js", "page.js")
    assert not re.search(r"^(import|export)\b", script, re.M)
    assert set(re.findall(r'modules\["(.*?)"\];', script)) <= set(
        re.findall(r'^modules\["(.*?)"\] =', script, re.M)
    )
