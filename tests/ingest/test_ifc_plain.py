"""Our reader of plain IFC files says what ifcopenshell says, by attribute and by file, or leaves the file to it."""

import random
from pathlib import Path
from typing import Any, cast

import ifcopenshell
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_ifc_builder import SCHEMAS, Builder, board, ups
from ingest_samples import SAMPLES, sample
from test_fuzz import IFC_MUTATIONS, small_model

from ingest.campus import write
from ingest.mapping.model import load_mapping
from ingest.readers import ifc
from ingest.readers.ifc.plain import Model
from ingest.readers.ifc.plain_index import NotPlain
from ingest.records import Extract
from schema.errors import BadInput

HEADER = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [ReferenceView]'),'2;1');
FILE_NAME('x.ifc','2026-01-01T00:00:00',('a'),('b'),'c','d','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
"""
END = "ENDSEC;\nEND-ISO-10303-21;\n"
PLAIN = r"""#1=IFCCARTESIANPOINT((0.,-1.5E-05,+2.25));
#2 = IFCDIRECTION ( ( 0. , 1.e2 ) ) ;
#3=IFCAXIS2PLACEMENT3D(#1,$,*);#4=IFCPROPERTYSINGLEVALUE('a;b #9=IFCWALL(','it''s',IFCLABEL('x,(y)'),$);
#50=IFCPROPERTYSINGLEVALUE('\X2\00E9540D\X0\ \S\d \X\E9 \\',$,IFCBOOLEAN(.T.),#6);

#6=IFCSIUNIT(*,.POWERUNIT.,.KILO.,.WATT.);
#7=IFCPROPERTYSINGLEVALUE('',$,IFCLOGICAL(.U.),$);
#8=IFCPROPERTYSINGLEVALUE('a',$,IFCREAL(5),$);
#9=IFCPROPERTYSINGLEVALUE('a',$,IFCCOMPLEXNUMBER((1.,2)),$);
#10=IFCPROPERTYSET('0000000000000000000000',$,$,$,(#4,
  #50));
#11=IFCPROPERTYSET('0000000000000000000001',$,$,$,());
#12=IFCCARTESIANPOINTLIST3D(((0.,1.,2.),(1,2,3)));
#13=IFCPROPERTYENUMERATEDVALUE('x',$,(IFCLABEL('a'),IFCLABEL('b,c')),$);
#14=IFCPERSON('a','b',$,('x','y'),$,$,$,$);
#15=IFCGEOMETRICREPRESENTATIONSUBCONTEXT('Body','Model',*,*,*,*,#16,$,.MODEL_VIEW.,$);
#16=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#3,#2);
#17=IFCSITE('2LKFDqYmKV258AgxWT3oF7',$,'S',$,$,$,$,$,.ELEMENT.,(24,48,36),(113,36,0),0.,$,$);
#18=IFCRELDEFINESBYPROPERTIES('2',$,$,$,(#17),IFCPROPERTYSETDEFINITIONSET((#10,#11)));
#19=IFCOBJECTIVE('a',$,.HARD.,$,$,$,$,$,$,.USERDEFINED.,$);
#21=IFCTRIANGULATEDFACESET(#12,$,.T.,((1,2,3),(1,3,4)),$);
#22=IFCPROPERTYBOUNDEDVALUE('a',$,IFCPOWERMEASURE(5.E3),$,#6,$);
"""
WALL = "#1=IFCWALL('2LKFDqYmKV258AgxWT3oF7',$,{},$,$,$,$,$,$);\n"
UNUSUAL = {
    "comment": WALL.format("'a'") + "/* a comment */\n",
    "comment inside": WALL.format("/* #2=IFCWALL( */ $"),
    "characters that are no ASCII": WALL.format("'Hé'"),
    "line break in a text": WALL.format("'a\nb'"),
    "id used twice": WALL.format("'a'") * 2,
    "id of ten digits": WALL.format("'a'").replace("#1", "#1234567890"),
    "reference with a letter": WALL.format("'a'") + "#2=IFCPERSON($,$,IFCLABEL(#1E),$,$,$,$,$);\n",
    "reference of ten digits": WALL.format("#1234567890"),
    "class that is not in the schema": WALL.format("'a'") + "#2=IFCFOO($);\n",
    "class in small letters": WALL.format("'a'").replace("WALL", "wall"),
    "several instances": WALL.format("'a'") + "#2=(IFCWALL('a')IFCROOT($));\n",
    "a type as an entity": WALL.format("'a'") + "#2=IFCLABEL('x');\n",
    "semicolon missing": WALL.format("'a'").replace(";", ""),
    "text that does not end": WALL.format("'a;\n#2=IFCWALL("),
    "brackets that do not close": WALL.format("('a'"),
    "escape cut off": WALL.format(r"'\X2\00'"),
    "half of a surrogate pair": WALL.format(r"'\X2\D83D\X0\'"),
    "end of the section missing": WALL.format("'a'").rstrip() + " /*",
}
ODD = {
    "too few": "('2LKFDqYmKV258AgxWT3oF7',$,'a')",
    "too many": "('2LKFDqYmKV258AgxWT3oF7',$,'a',$,$,$,$,$,$,$,$)",
    "reference to nothing": "('2LKFDqYmKV258AgxWT3oF7',$,'a',$,$,#9,$,$,$)",
    "number that is none": "('2LKFDqYmKV258AgxWT3oF7',$,'a',-,$,$,$,$,$)",
    "text for an enumeration": "('2LKFDqYmKV258AgxWT3oF7',$,'a',$,$,$,$,$,'SOLIDWALL')",
    "value that the enumeration lacks": "('2LKFDqYmKV258AgxWT3oF7',$,'a',$,$,$,$,$,.SOFT.)",
    "list for a text": "('2LKFDqYmKV258AgxWT3oF7',$,('a'),$,$,$,$,$,$)",
}


def other_signs(rng: random.Random, data: bytes) -> bytes:
    """A few characters of the entities replaced by others that may stand there."""
    out = bytearray(data)
    start = data.index(b"DATA;") + 5
    for _ in range(rng.randrange(1, 4)):
        out[rng.randrange(start, len(out) - 30)] = rng.choice(b"#$*.,()'0123456789ABEFTX_-+; \n=\\")
    return bytes(out)


SCALED = settings(max_examples=150, deadline=None)


def content(value: Any) -> Any:
    """A value as it can be compared: with the type of each part, and entities by their ids."""
    if isinstance(value, tuple):
        return [content(part) for part in cast("tuple[Any, ...]", value)]
    if isinstance(value, (str, int, float, type(None))):
        return type(value).__name__, value
    inside = None if value.id() else content(value.get_argument(0))
    return value.id(), value.is_a(), len(value), inside


def everything(model: Any) -> dict[int, Any]:
    """All that can be reached from what has a GlobalId."""
    found = (entity for root in model.by_type("IfcRoot") for entity in model.traverse(root) if entity.id())
    return {
        entity.id(): (entity.is_a(), [content(entity.get_argument(at)) for at in range(len(entity))])
        for entity in found
    }


def read(path: Path, *, plain: bool) -> Extract | str:
    """What one of both readers makes of a file, or the line that it refuses it with."""
    try:
        return ifc.read_with(path, "s", load_mapping(None), None, plain=plain)
    except BadInput as error:
        return str(error)


def same(path: Path) -> bool:
    """Whether ours reads the file; where it does, both say the same."""
    try:
        ours = read(path, plain=True)
    except NotPlain:
        return False
    assert ours == read(path, plain=False)
    return True


def file(folder: Path, body: str) -> Path:
    path = folder / "x.ifc"
    path.write_text(HEADER + body + END, encoding="utf-8", newline="")
    return path


def test_every_attribute_of_a_plain_file_is_what_ifcopenshell_reads(tmp_path: Path) -> None:
    path = file(tmp_path, PLAIN)
    theirs: Any = cast("Any", ifcopenshell).open(str(path))
    ours = Model(path, "IFC4")
    for theirs_one in theirs:
        one = ours.by_id(theirs_one.id())
        assert one.is_a() == theirs_one.is_a()
        assert one.is_a("IfcProperty") == theirs_one.is_a("IfcProperty")
        for at in range(len(theirs_one)):
            assert content(one.get_argument(at)) == content(theirs_one.get_argument(at)), (theirs_one, at)
    assert (ours.schema, ours.schema_identifier) == (theirs.schema, theirs.schema_identifier)


@pytest.mark.parametrize("why", UNUSUAL)
def test_what_can_be_read_in_two_ways_is_left_to_ifcopenshell(tmp_path: Path, why: str) -> None:
    path = file(tmp_path, UNUSUAL[why])
    with pytest.raises(NotPlain):
        Model(path, "IFC4")
    whole = ifc.read(path, "s") if isinstance(read(path, plain=False), Extract) else None
    assert whole is None or whole == read(path, plain=False)


@pytest.mark.parametrize("why", ODD)
def test_entity_that_does_not_fit_its_class_is_left_to_ifcopenshell(tmp_path: Path, why: str) -> None:
    model = Model(file(tmp_path, f"#1=IFCWALL{ODD[why]};\n"), "IFC4")
    with pytest.raises(NotPlain):
        [model.by_type("IfcWall")[0].get_argument(at) for at in range(9)]
    with pytest.raises(NotPlain):
        list(model.rows("IfcWall", (0, 2, 5, 8)))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_classes_come_in_the_order_of_ifcopenshell(tmp_path: Path, schema: str) -> None:
    b = Builder(schema)
    for number in range(3):
        b.connect(ups(b, f"U{number}"), board(b, f"L{number}"))
    path = b.write(tmp_path / "x.ifc")
    theirs: Any = cast("Any", ifcopenshell).open(str(path))
    ours = Model(path, theirs.schema_identifier)
    for name in ("IfcRoot", "IfcElement", "IfcDistributionPort", "IfcTypeObject"):
        assert [one.id() for one in ours.by_type(name)] == [one.id() for one in theirs.by_type(name)]
    assert everything(ours) == everything(theirs)
    assert same(path)


def test_files_of_the_campus_are_plain_and_read_alike(tmp_path: Path) -> None:
    write(tmp_path, "tiny", 1)
    assert all(same(path) for path in sorted(tmp_path.glob("*.ifc")))


@pytest.mark.samples
def test_public_files_are_read_alike() -> None:
    sample("duplex_Electrical.ifc")
    known = {"osb_RioleringTestArkey.ifc", "rail_UT_PCC_1.ifc"}  # comments; a draft
    assert {path.name for path in SAMPLES.glob("*.ifc") if not same(path)} <= known


@SCALED
@given(
    seed=st.integers(0, 2**32),
    kind=st.sampled_from((*IFC_MUTATIONS, other_signs, other_signs)),
    number=st.integers(0, 3),
)
def test_broken_files_are_read_alike(
    broken: dict[int, bytes], tmp_path_factory: pytest.TempPathFactory, seed: int, kind: Any, number: int
) -> None:
    path = tmp_path_factory.mktemp("plain") / "x.ifc"
    path.write_bytes(kind(random.Random(seed), broken[number]))
    same(path)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """Files to break: a small one with all that we read, and what is plain for other reasons."""
    folder = tmp_path_factory.mktemp("base")
    models = {0: small_model(folder), 1: (HEADER + PLAIN + END).encode()}
    for number, schema in ((2, "IFC2X3"), (3, "IFC4")):
        b = Builder(schema)
        b.pset(b.building, "Pset_Any", Name=("IfcLabel", "é; #1=IFCWALL('"), Power=("IfcPowerMeasure", 5.0))
        b.connect(ups(b, "U"), board(b, "L"), connected=True)
        models[number] = b.write(folder / f"{schema}.ifc").read_bytes()
    return models
