"""What a store may be made of. All backends meet the same contract (tests/store/test_contract.py)."""
