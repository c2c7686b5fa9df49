"""What numba must know of bundles (`twin.impact._bundle`); imported with numba, so only where kernels are compiled."""

# pyright: basic
# numba and llvmlite come without types.

from __future__ import annotations

from functools import cache

from llvmlite import ir
from numba import from_dtype, types
from numba.core import cgutils
from numba.core.extending import NativeValue, models, register_model, unbox
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr

from twin.impact._bundle import Kind, fields_of

WORD = 8
ENTRY = 2 * WORD
NUMBERS = {int: types.int64, bool: types.boolean, float: types.float64}


class BundleType(types.Type):
    """A bundle of these fields, by name."""

    def __init__(self, name: str, fields: tuple[tuple[str, types.Type], ...]) -> None:
        self.fields = fields
        super().__init__(name=f"Bundle {name}({', '.join(f'{field}: {kind}' for field, kind in fields)})")

    def place(self, field: str) -> int:
        """Where a field stands."""
        return [name for name, _ in self.fields].index(field)


@cache
def type_of(kind: Kind) -> types.Type:
    """The numba type of what a kernel declares."""
    if isinstance(kind, tuple):
        return types.Array(from_dtype(kind[0]), kind[1], "C")
    if kind in NUMBERS:
        return NUMBERS[kind]
    return BundleType(kind.__name__, tuple((name, type_of(field)) for name, field in fields_of(kind)))


register_model(BundleType)(models.OpaqueModel)


@infer_getattr
class _Fields(AttributeTemplate):
    key = BundleType

    def generic_resolve(self, typ: BundleType, attr: str) -> types.Type | None:
        return dict(typ.fields).get(attr)


@lower_getattr_generic(BundleType)
def _read_field(context, builder, typ, value, attr):
    place = typ.place(attr)
    field = typ.fields[place][1]
    if field == types.int64:
        return _word(builder, value, ENTRY * place, ir.IntType(64))
    pointer = _word(builder, value, ENTRY * place, cgutils.voidptr_t)
    if isinstance(field, BundleType):
        return pointer
    array = context.make_array(field)(context, builder)
    size = context.get_abi_sizeof(context.get_data_type(field.dtype))
    length = _word(builder, value, ENTRY * place + WORD, ir.IntType(64))
    step = context.get_constant(types.intp, size)
    array.data = builder.bitcast(pointer, array.data.type)
    array.shape = cgutils.pack_array(builder, [length])
    array.strides = cgutils.pack_array(builder, [step])
    array.nitems, array.itemsize = length, step
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return impl_ret_borrowed(context, builder, field, array._getvalue())


def _word(builder, base, offset: int, kind):
    """A word of the table; it never changes, so that LLVM may read it once where it likes."""
    where = builder.gep(base, [ir.IntType(64)(offset)], inbounds=True)
    word = builder.load(builder.bitcast(where, kind.as_pointer()))
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word


@unbox(BundleType)
def _unbox(typ, obj, c):
    address = c.pyapi.object_getattr_string(obj, "_address")
    value = cgutils.alloca_once_value(c.builder, cgutils.get_null_value(cgutils.voidptr_t))
    found = cgutils.is_not_null(c.builder, address)
    with c.builder.if_then(found):
        number = c.pyapi.long_as_ulonglong(address)
        c.builder.store(c.builder.inttoptr(number, cgutils.voidptr_t), value)
        c.pyapi.decref(address)
    return NativeValue(c.builder.load(value), is_error=c.builder.not_(found))
