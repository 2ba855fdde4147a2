#!/bin/sh
# Versions: import-linter 2.17 with grimp 3.20.
#
# Behaviour: package shop offers a name of shop.tools in its own __init__; shop.tools imports
# shop.agents; shop.agents takes that name from shop, the front page. This is a circle, and Python
# refuses to import it. The contract acyclic_siblings with shop as its ancestor is kept: it looks
# at edges from sibling to sibling, and the edge here runs through their parent, which is nobody's
# sibling. The contracts independence and layers see it, because they follow chains of imports
# through modules outside the contract.
#
# Why it matters: a package of agents has a front page that offers the public names, and a coding
# agent likes to import from it inside the package too. Whoever puts in acyclic_siblings as the one
# guard against circles has none against just this kind, and where the import stands in a function
# nothing fails at import either. Add a layers contract, or a forbidden import of the front page.
#
# Output seen:
#   python: ImportError
#   no circles KEPT
#   independent BROKEN
#   layers BROKEN
#   without the front page: no circles BROKEN
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    import-linter==2.17 grimp==3.20

mkdir "$dir/shop"
cd "$dir"
export PYTHONPATH=.
echo 'from shop.tools import Tool as Tool' >shop/__init__.py
printf 'from shop.agents import Agent\n\nclass Tool:\n    user = Agent\n' >shop/tools.py
printf 'from shop import Tool\n\nclass Agent:\n    tool = Tool\n' >shop/agents.py
cat >.importlinter <<'CONTRACTS'
[importlinter]
root_package = shop

[importlinter:contract:circles]
name = no circles
type = acyclic_siblings
ancestors = shop

[importlinter:contract:independent]
name = independent
type = independence
modules =
    shop.agents
    shop.tools

[importlinter:contract:layers]
name = layers
type = layers
layers =
    shop.tools
    shop.agents
CONTRACTS

verdicts() {
    venv/bin/lint-imports --no-logo --no-cache | grep -E '(KEPT|BROKEN)$' || :
}

{
    if venv/bin/python -c 'import shop' 2>error; then
        echo 'python: imported'
    else
        sed -n 's/^\([A-Za-z]*Error\):.*/python: \1/p' error
    fi
    verdicts
    # The same circle with a direct edge: the contract is at work, it only does not see the other.
    sed 's/^from shop import/from shop.tools import/' shop/agents.py >agents.py
    mv agents.py shop/agents.py
    echo "without the front page: $(verdicts | grep circles)"
} | tee seen

cat >expected <<'EXPECTED'
python: ImportError
no circles KEPT
independent BROKEN
layers BROKEN
without the front page: no circles BROKEN
EXPECTED
diff expected seen || { echo "This has changed." >&2; exit 1; }
