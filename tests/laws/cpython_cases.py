"""Which cases of CPython's own suites of sets and mappings do not apply to registries, each with the reason.

A key is a case, or a class of cases; the first that fits is the reason. `test_cpython_suites` holds the list to what the Python
that runs it brings: every case is either run there or has its reason here.
"""

from __future__ import annotations

__all__ = ["LEFT_OUT", "reason_for"]

_WRITES = "a registry is changed by register and unregister, not by [] =, del, add, update and the like"
_METHODS = "only the builtin sets have union, issubset and the other methods that take any iterable"
_NAMES = "a registry holds names: the case has other elements or keys, such as numbers, sets, objects or bytes"
_HASHES = "a registry can change, so that it is compared by what it holds, and is hashed by what it is"
_BUILTIN = "the case is of the builtin types alone: their constructors, subclasses, literals, memory and C interface"
_OTHER = "the case is of another class of `collections`, or of an abstract class as such"
_REFERENCE = (
    "a registry is copied and pickled by reference: a process has one of a name (tests/registry/test_references.py)"
)
_REPR = "a registry shows what it is called and how much it has, not thousands of names (tests/registry/test_asking.py)"
_ANSWERS = "anything may be tested with `in`: what is no string is not contained, and is not refused"
_SAME = (
    "the case is that of the same name in BasicTestMappingProtocol, which runs, and what can only be done by writing"
)
_OPEN = (
    "iterating goes on over what was there at the start, whoever changes the registry (tests/laws/test_stability.py)"
)

LEFT_OUT = {
    # -- test.mapping_tests --
    "mapping_tests.BasicTestMappingProtocol.test_write": _WRITES,
    "mapping_tests.BasicTestMappingProtocol.test_update": _WRITES,
    "mapping_tests.BasicTestMappingProtocol.test_setdefault": _WRITES,
    "mapping_tests.BasicTestMappingProtocol.test_popitem": _WRITES,
    "mapping_tests.BasicTestMappingProtocol.test_pop": _WRITES,
    "mapping_tests.TestMappingProtocol.test_clear": _WRITES,
    "mapping_tests.TestMappingProtocol.test_update": _WRITES,
    "mapping_tests.TestMappingProtocol.test_setdefault": _WRITES,
    "mapping_tests.TestMappingProtocol.test_popitem": _WRITES,
    "mapping_tests.TestMappingProtocol.test_pop": _WRITES,
    "mapping_tests.TestMappingProtocol.test_getitem": _WRITES,
    "mapping_tests.TestMappingProtocol.test_fromkeys": _BUILTIN,
    "mapping_tests.TestMappingProtocol.test_copy": _REFERENCE,
    "mapping_tests.TestMappingProtocol.test_constructor": _SAME,
    "mapping_tests.TestMappingProtocol.test_items": _NAMES,
    "mapping_tests.TestMappingProtocol.test_values": _NAMES,
    "mapping_tests.TestHashMappingProtocol.test_repr": _REPR,
    "mapping_tests.TestHashMappingProtocol.test_repr_deep": _REPR,
    "mapping_tests.TestHashMappingProtocol.test_getitem": _ANSWERS,
    "mapping_tests.TestHashMappingProtocol.test_eq": _SAME,
    "mapping_tests.TestHashMappingProtocol.test_mutatingiteration": _OPEN,
    "mapping_tests.TestHashMappingProtocol": _WRITES,
    # -- test.test_set --
    "test_set.TestBasicOps.test_copy": _METHODS,
    "test_set.TestBasicOpsBytes": _NAMES,
    "test_set.TestBasicOpsMixedStringBytes": _NAMES,
    "test_set.TestBasicOpsSingleton": _NAMES,
    "test_set.TestBasicOpsTuple": _NAMES,
    "test_set.TestBasicOpsString.test_repr": _REPR,
    "test_set.TestBinaryOpsMutating": _NAMES,
    "test_set.TestMethodsMutating": _METHODS,
    "test_set.TestCopying": _METHODS,
    "test_set.TestExceptionPropagation": _BUILTIN,
    "test_set.TestFrozenSet.test_hash": _HASHES,
    "test_set.TestFrozenSet.test_hash_caching": _HASHES,
    "test_set.TestFrozenSet.test_hash_effectiveness": _HASHES,
    "test_set.TestFrozenSet.test_frozen_as_dictkey": _HASHES,
    "test_set.TestFrozenSet": _BUILTIN,
    "test_set.TestFrozenSetSubclass": _BUILTIN,
    "test_set.TestSetSubclass": _BUILTIN,
    "test_set.TestSetSubclassWithSlots": _BUILTIN,
    "test_set.TestGraphs": _NAMES,
    "test_set.TestSetOfSets": _NAMES,
    "test_set.TestMutate": _WRITES,
    "test_set.TestUpdateOps": _WRITES,
    "test_set.TestVariousIteratorArgs": _METHODS,
    "test_set.TestWeirdBugs": _NAMES,
    "test_set.TestOnlySetsInBinaryOps.test_update": _WRITES,
    "test_set.TestOnlySetsInBinaryOps.test_intersection_update": _WRITES,
    "test_set.TestOnlySetsInBinaryOps.test_sym_difference_update": _WRITES,
    "test_set.TestOnlySetsInBinaryOps.test_difference_update": _WRITES,
    "test_set.TestJointOps.test_badcmp": _NAMES,
    "test_set.TestJointOps.test_contains": _ANSWERS,
    "test_set.TestJointOps.test_container_iterator": _BUILTIN,
    "test_set.TestJointOps.test_cyclical_repr": _NAMES,
    "test_set.TestJointOps.test_deepcopy": _NAMES,
    "test_set.TestJointOps.test_difference": _METHODS,
    "test_set.TestJointOps.test_intersection": _METHODS,
    "test_set.TestJointOps.test_symmetric_difference": _METHODS,
    "test_set.TestJointOps.test_union": _METHODS,
    "test_set.TestJointOps.test_sub_and_super": _METHODS,
    "test_set.TestJointOps.test_do_not_rehash_dict_keys": _NAMES,
    "test_set.TestJointOps.test_free_after_iterating": _BUILTIN,
    "test_set.TestJointOps.test_gc": _BUILTIN,
    "test_set.TestJointOps.test_new_or_init": _BUILTIN,
    "test_set.TestJointOps.test_pickling": _REFERENCE,
    "test_set.TestJointOps.test_setOfFrozensets": _NAMES,
    "test_set.TestJointOps.test_subclass_with_custom_hash": _HASHES,
    "test_set.TestJointOps.test_uniquification": _BUILTIN,
    "test_set.TestSet.test_hash": _HASHES,
    "test_set.TestSet.test_rich_compare": _SAME,
    "test_set.TestSet.test_weakref": _BUILTIN,
    "test_set.TestSet.test_c_api": _BUILTIN,
    "test_set.TestSet.test_constructor_identity": _BUILTIN,
    "test_set.TestSet.test_init": _BUILTIN,
    "test_set.TestSet.test_set_literal": _BUILTIN,
    "test_set.TestSet.test_set_literal_evaluation_order": _BUILTIN,
    "test_set.TestSet.test_set_literal_insertion_order": _BUILTIN,
    "test_set.TestSet.test_copy": _METHODS,
    "test_set.TestSet": _WRITES,
    # -- test.test_collections --
    "test_collections.TestCollectionABCs": _OTHER,
    "test_collections.TestOneTrickPonyABCs": _OTHER,
    "test_collections.TestChainMap": _OTHER,
    "test_collections.TestCounter": _OTHER,
    "test_collections.TestNamedTuple": _OTHER,
    "test_collections.TestUserObjects": _OTHER,
}


def reason_for(case: str) -> str | None:
    """Say why a case does not apply: by its own name, or by that of its class."""
    return LEFT_OUT.get(case) or LEFT_OUT.get(case.rpartition(".")[0])
