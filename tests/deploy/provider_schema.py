"""Writes ``provider_schema.json``: what of the AWS provider's schema our Terraform uses.

The registry's own copy needs the provider's binary. The bindings on PyPI were generated from the
same schema, so it is read back from them: names and types from the code that writes a resource,
what is required from its interface. They lack what is optional and computed at once, and every
check of a value.

Run it with the bindings beside it: see README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

WHEEL = "cdktf-cdktf-provider-aws"
TARGET = Path(__file__).with_name("provider_schema.json")
MODULES = Path(__file__).parents[2] / "deploy" / "terraform"
_USED = re.compile(r'^(resource|data) "aws_(\w+)"', re.M)

_TYPES: dict[str, Any] = {
    "string": "string", "number": "number", "boolean": "bool",
    "stringList": ["list", "string"], "numberList": ["list", "number"],
    "stringMap": ["map", "string"], "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"], "anyMap": ["map", "string"],
}  # fmt: skip
# Optional and computed at once, in the provider's own source.
_ALSO_COMPUTED = {("data", "region"): ("region",)}
_WRITER = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.S | re.M)
_FIELD = re.compile(
    r"^ +(?P<name>\w+): \{\s*value: (?P<value>.*),\s*isBlock: (?P<block>\w+),"
    r'\s*type: "(?P<kind>\w+)",\s*storageClassType: "(?P<stored>\w+)"',
    re.M,
)
_GIVEN = re.compile(r"return this\.get(\w+?)Attribute\('(\w+)'\)")
_GIVEN_TYPES = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": _TYPES["stringList"],
}
_CLASS = re.compile(r"^class (\w+) extends cdktf\.Terraform\w+ \{.*?^\}", re.S | re.M)
_HELD = re.compile(r'this\._\w+ = new (?:cdktf\.)?(\w+)\(this, "(\w+)"')


@dataclass
class Bindings:
    """One type's part of the bindings."""

    code: str
    interfaces: Mapping[str, Any]
    namespace: str
    writers: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        for name, body in _WRITER.findall(self.code):
            self.writers[name[0].upper() + name[1:]] = body
        self.lists = set(re.findall(r"^class (\w+) extends cdktf\.ComplexList", self.code, re.M))

    def schema(self) -> dict[str, Any]:
        """Give the whole schema of the type."""
        found = _CLASS.search(self.code)
        assert found is not None
        body = found[0]
        written = body[body.index("synthesizeHclAttributes() {") :]
        made = self.block(written, f"{found[1]}Config")
        known = made["attributes"].keys() | made["blocks"].keys()
        given = {
            name: _GIVEN_TYPES.get(kind, ["map", "string"]) for kind, name in _GIVEN.findall(body)
        }
        for held, name in _HELD.findall(body):
            given.setdefault(
                name, ["map", "string"] if held == "StringMap" else ["list", ["map", "string"]]
            )
        for name in given.keys() - known:
            made["attributes"][name] = {"type": given[name], "computed": True}
        identity = made["attributes"].setdefault("id", {"type": "string"})
        if not identity.get("required"):
            identity |= {"computed": True, "optional": True}
        return made

    def block(self, code: str, interface: str) -> dict[str, Any]:
        """Give the schema of one block, from the code that writes it."""
        needed = self._required(interface)
        made: dict[str, Any] = {"attributes": {}, "blocks": {}}
        for match in _FIELD.finditer(code):
            name, kind, stored = match["name"], match["kind"], match["stored"]
            inner = stored.removesuffix("List") if stored not in self.writers else stored
            nested = inner in self.writers
            # Some attributes hold objects: they are written with ``=`` too, not as blocks alone.
            as_attribute = "ToHclTerraform, false)" in match["value"]
            if nested and match["block"] == "true" and not as_attribute:
                one = kind == "list" and f"{inner}List" not in self.lists
                made["blocks"][name] = {
                    "nesting": "single" if kind == "struct" else kind,
                    "required": needed.get(name, False),
                    **({"most": 1} if one else {}),
                    **self.block(self.writers[inner], inner),
                }
                continue
            if nested:
                whole = _object(self.block(self.writers[inner], inner))
                shape: Any = [kind, whole] if kind in ("list", "set", "map") else whole
            else:
                shape = _TYPES.get(stored, "string")
                if kind == "set" and isinstance(shape, list):
                    shape = ["set", shape[1]]
            way = "required" if needed.get(name) else "optional"
            made["attributes"][name] = {"type": shape, way: True}
        return made

    def _required(self, interface: str) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for each in self.interfaces.get(f"{self.namespace}.{interface}", {}).get("properties", ()):
            link = re.search(r"#(\w+)[ }\"]", json.dumps(each.get("docs", {})))
            found[link[1] if link else each["name"]] = not each.get("optional", False)
        return found


def _object(block: Mapping[str, Any]) -> Any:
    fields = {name: each["type"] for name, each in block["attributes"].items()}
    for name, each in block["blocks"].items():
        inner = _object(each)
        fields[name] = inner if each["nesting"] == "single" else [each["nesting"], inner]
    return ["object", fields]


def used() -> Iterator[tuple[str, str]]:
    """List the types in our Terraform: resource or data, and the name without ``aws_``."""
    found: set[tuple[str, str]] = set()
    for file in MODULES.rglob("*.tf"):
        found |= set(_USED.findall(file.read_text()))
    return iter(sorted(found))


def _opened() -> tuple[dict[tuple[str, str], str], Mapping[str, Any]]:
    """Read the code of each type that is used, and the interfaces of all, from the bindings."""
    files = distribution(WHEEL).files or []
    archive = next(Path(str(f.locate())) for f in files if str(f).endswith(".jsii.tgz"))
    wanted = {f"package/lib/{_folder(*each)}/index.js": each for each in used()}
    wanted["package/lib/provider/index.js"] = ("provider", "provider")
    codes: dict[tuple[str, str], str] = {}
    interfaces: Mapping[str, Any] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name == "package/.jsii" or member.name in wanted:
                opened = tar.extractfile(member)
                assert opened is not None
                text = opened.read().decode()
                if member.name == "package/.jsii":
                    interfaces = json.loads(text)["types"]
                else:
                    codes[wanted[member.name]] = text.partition("//# sourceMappingURL")[0]
    missing = set(wanted.values()) - set(codes)
    assert not missing, f"the bindings lack {sorted(missing)}"
    return codes, interfaces


def extracted() -> dict[str, Any]:
    """Read the schema of all that is used from the installed bindings."""
    codes, interfaces = _opened()
    made: dict[str, Any] = {"resource": {}, "data": {}}
    version = ""
    for (kind, name), code in sorted(codes.items()):
        folder = "provider" if kind == "provider" else _folder(kind, name)
        module = re.sub(r"-(\w)", lambda m: m[1].upper(), folder)
        schema = Bindings(code, interfaces, f"@cdktf/provider-aws.{module}").schema()
        if kind == "provider":
            del schema["attributes"]["id"]
            made["provider"] = schema
            continue
        for attribute in _ALSO_COMPUTED.get((kind, name), ()):
            schema["attributes"][attribute]["computed"] = True
        made[kind][f"aws_{name}"] = schema
        version = re.findall(r"providerVersion: '([\d.]+)'", code)[0]
    source = f"hashicorp/terraform-provider-aws {version}, by {WHEEL} {distribution(WHEEL).version}"
    return {"source": source, "license": "MPL-2.0", **made}


def _folder(kind: str, name: str) -> str:
    return f"{'data-aws-' if kind == 'data' else ''}{name.replace('_', '-')}"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="Fail where the file is not the same.")
    check = parser.parse_args().check
    text = json.dumps(extracted(), indent=1, sort_keys=True) + "\n"
    if not check:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        raise SystemExit(f"{TARGET.name} is not what the bindings say: write it anew")


if __name__ == "__main__":
    main()
