#!/bin/sh
# Versions: holidays 0.109 (Python).
#
# Behaviour: the calendar of a whole country has only the days that all of its parts keep. For GB,
# asked without a part, Easter Monday and the last Monday of August are ordinary days, though all
# parts but Scotland keep them; Switzerland without a canton has four days in the year, Canada
# without a province six. Nothing says that a part was wanted: such a day is None, as any Tuesday is.
#
# Why it matters: an agent that understands "Easter Monday" or "on a bank holiday" looks it up by the
# country that its application is set to, and a booking, a fare or an opening hour follows. It is
# tried with Christmas, or with Germany, where Easter Monday is kept everywhere, and is right. Ask
# for the part in the settings, and where it is missing and the country has some, do not take None
# for an ordinary day.
#
# Output seen:
#   GB: 8 days, Easter Monday: None, 30 August: None
#   GB ENG: 10 days, Easter Monday: Easter Monday, 30 August: Late Summer Bank Holiday
#   GB SCT: 12 days, Easter Monday: None, 30 August: None
#   CH: 4 days, Easter Monday: None, 30 August: None
#   CH ZH: 9 days, Easter Monday: Easter Monday, 30 August: None
#   DE: 9 days, Easter Monday: Easter Monday, 30 August: None
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check holidays==0.109

cat >"$dir/see.py" <<'PYTHON'
from datetime import date

import holidays

EASTER_MONDAY, AUGUST = date(2027, 3, 29), date(2027, 8, 30)
for place in ("GB", "GB ENG", "GB SCT", "CH", "CH ZH", "DE"):
    country, _, part = place.partition(" ")
    days = holidays.country_holidays(country, subdiv=part or None, years=2027, language="en_US")
    print(
        f"{place}: {len(days)} days, Easter Monday: {days.get(EASTER_MONDAY)},",
        f"30 August: {days.get(AUGUST)}",
    )
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
GB: 8 days, Easter Monday: None, 30 August: None
GB ENG: 10 days, Easter Monday: Easter Monday, 30 August: Late Summer Bank Holiday
GB SCT: 12 days, Easter Monday: None, 30 August: None
CH: 4 days, Easter Monday: None, 30 August: None
CH ZH: 9 days, Easter Monday: Easter Monday, 30 August: None
DE: 9 days, Easter Monday: Easter Monday, 30 August: None
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
