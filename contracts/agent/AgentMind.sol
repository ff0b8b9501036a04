// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {CodeData} from "../libraries/CodeData.sol";
import {Memory, Plan} from "../types/Memory.sol";

/// @title AgentMind
/// @notice Puts an agent's memory into words, a line each. It keeps nothing and may do nothing.
contract AgentMind {
    using Strings for *;

    uint256 private constant ADVISER_BITS = 160;
    /// Bytes before an answer that say whom the agent asked, and when.
    uint256 private constant ORIGIN_LENGTH = 25;
    uint256 private constant SELECTOR_LENGTH = 4;

    /// @notice The lines of a notebook, of open plans, and of advice.
    /// @param words Of a {Memory}.
    function tell(uint256[27] calldata words) external view returns (string memory lines) {
        Memory calldata kept;
        assembly ("memory-safe") {
            kept := words
        }
        for (uint256 i = 0; i < kept.pages.length; ++i) {
            if (kept.pages[i] == address(0)) continue;
            lines = string.concat(lines, "\nPage ", i.toString(), ": ", _quoted(CodeData.read(kept.pages[i])));
        }
        for (uint256 i = 0; i < kept.plans.length; ++i) {
            if (kept.plans[i].due() != 0) lines = string.concat(lines, _planned(i, kept.plans[i]));
        }
        if (kept.answer != address(0)) lines = string.concat(lines, _answered(kept.answer));
        if (kept.adviser != address(0)) lines = string.concat(lines, _asked(kept.adviser, kept.askedAt), ".");
    }

    function _planned(uint256 number, Plan plan) private pure returns (string memory) {
        string memory selector = uint256(uint32(plan.selector())).toHexString(SELECTOR_LENGTH);
        return string.concat("\nPlan ", number.toString(), ": ", selector, " at ", uint256(plan.due()).toString());
    }

    function _answered(address answer) private view returns (string memory) {
        bytes32 origin = bytes32(CodeData.read(answer));
        string memory question = _asked(address(bytes20(origin)), uint40(bytes5(origin << ADVISER_BITS)));
        return string.concat(question, " and answered: ", _quoted(CodeData.readFrom(answer, ORIGIN_LENGTH)));
    }

    function _asked(address adviser, uint256 time) private pure returns (string memory) {
        return string.concat("\nAdviser ", adviser.toHexString(), " was asked at ", time.toString());
    }

    /// @dev Text of a stranger or a model, in quotes that it cannot end.
    function _quoted(bytes memory text) private pure returns (string memory) {
        return string.concat("\"", string(text).escapeJSON(), "\"");
    }
}
