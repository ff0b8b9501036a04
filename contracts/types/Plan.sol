// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `due 40 | selector 32 | unused 184`, low bits first: what an agent keeps of an action that it takes later; the
/// action itself stands in the task.
/// due: Unix seconds; 0 = no such plan.
type Plan is uint256;

using PlanLib for Plan global;

/// @notice Fields of {Plan}.
library PlanLib {
    uint256 private constant SELECTOR_AT = 40;

    function due(Plan p) internal pure returns (uint40) {
        return uint40(Plan.unwrap(p));
    }

    function selector(Plan p) internal pure returns (bytes4) {
        return bytes4(uint32(Plan.unwrap(p) >> SELECTOR_AT));
    }

    function pack(uint40 due_, bytes4 selector_) internal pure returns (Plan) {
        return Plan.wrap(uint256(due_) | (uint256(uint32(selector_)) << SELECTOR_AT));
    }
}
