"""Live state: what the campus's points report right now, as arrays by asset index, shared between processes."""
