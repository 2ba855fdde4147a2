#!/bin/sh
# Versions: lancedb 0.40.0 with pyarrow 26.0.1 (Python).
#
# Behaviour: two handles of one table, opened before the key exists, upsert the same new key one
# after the other (merge_insert on "id", update what matches, insert the rest). No conflict is
# raised, both report one inserted row, and the table has two rows of that key. It does not mend
# itself: the next upsert of the key updates both rows and says so (num_updated_rows=2). Naming "id"
# in merge_insert("id") is no key to the store. Only where the schema itself marks the field, by the
# metadata lance-schema:unenforced-primary-key, is the second writer made to try again, and finds
# the first one's row: the word "unenforced" makes one expect the opposite.
#
# Why it matters: an agent's memory or document index is filled by several workers, and a retried
# job writes what another one is just writing. The same passage is then found twice, crowds others
# out of the top k, and a count is wrong. One process with a lock never shows it in its tests. Mark
# the key when the table is made; it cannot be null then.
#
# Output seen:
#   unmarked: first inserted=1 attempts=1, second inserted=1 attempts=1, rows=2
#   unmarked: a third upsert updated=2, rows=2
#   marked: first inserted=1 attempts=1, second inserted=0 attempts=2, rows=1
#   marked: a third upsert updated=1, rows=1
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    lancedb==0.40.0 pyarrow==26.0.1

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import sys

import lancedb
import pyarrow as pa

MARK = {"lance-schema:unenforced-primary-key": "true"}


async def see(name, mark):
    folder = f"{sys.argv[1]}/{name}"
    schema = pa.schema(
        [pa.field("id", pa.string(), nullable=False, metadata=mark), pa.field("n", pa.int64())]
    )

    async def opened():
        return await (await lancedb.connect_async(folder)).open_table("notes")

    async def upsert(table, n):
        merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        rows = [{"id": "opening hours", "n": n}]
        return await merge.execute(pa.Table.from_pylist(rows, schema=schema))

    async def rows():
        return await (await opened()).count_rows()

    await (await lancedb.connect_async(folder)).create_table("notes", schema=schema)
    one, other = await opened(), await opened()
    first, second = await upsert(one, 1), await upsert(other, 2)
    print(
        f"{name}: first inserted={first.num_inserted_rows} attempts={first.num_attempts},",
        f"second inserted={second.num_inserted_rows} attempts={second.num_attempts},",
        f"rows={await rows()}",
    )
    third = await upsert(await opened(), 3)
    print(f"{name}: a third upsert updated={third.num_updated_rows}, rows={await rows()}")


asyncio.run(see("unmarked", None))
asyncio.run(see("marked", MARK))
PYTHON

"$dir/venv/bin/python" "$dir/see.py" "$dir" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
unmarked: first inserted=1 attempts=1, second inserted=1 attempts=1, rows=2
unmarked: a third upsert updated=2, rows=2
marked: first inserted=1 attempts=1, second inserted=0 attempts=2, rows=1
marked: a third upsert updated=1, rows=1
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
