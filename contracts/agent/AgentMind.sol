// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {CodeData} from "../libraries/CodeData.sol";
import {Asked, Plan} from "../types/Memory.sol";

/// @title AgentMind
/// @notice Puts an agent's memory into words, a line each. It keeps nothing and may do nothing.
contract AgentMind {
    using Strings for *;

    uint256 private constant ADVISER_BITS = 160;
    /// Bytes before an answer that say whom the agent asked, and when.
    uint256 private constant ORIGIN_LENGTH = 25;
    uint256 private constant SELECTOR_LENGTH = 4;

    /// @notice The lines of a notebook, of open plans, and of advice.
    /// @param pages Where each page is kept; zero = nothing stands there.
    /// @param plans Due time and selector of each plan.
    /// @param asked The open question.
    /// @param answer Where the last answer is kept, behind its origin.
    function tell(address[16] calldata pages, Plan[8] calldata plans, Asked calldata asked, address answer)
        external
        view
        returns (string memory lines)
    {
        for (uint256 i = 0; i < pages.length; ++i) {
            if (pages[i] == address(0)) continue;
            lines = string.concat(lines, "\nPage ", i.toString(), ": ", _quoted(CodeData.read(pages[i])));
        }
        for (uint256 i = 0; i < plans.length; ++i) {
            if (plans[i].due != 0) lines = string.concat(lines, _planned(i, plans[i]));
        }
        lines = string.concat(lines, _answered(answer));
        if (asked.time != 0) lines = string.concat(lines, _asked(asked.adviser, asked.time), ".");
    }

    function _planned(uint256 number, Plan calldata plan) private pure returns (string memory) {
        string memory selector = uint256(uint32(plan.selector)).toHexString(SELECTOR_LENGTH);
        return string.concat("\nPlan ", number.toString(), ": ", selector, " at ", uint256(plan.due).toString());
    }

    function _answered(address answer) private view returns (string memory) {
        if (answer == address(0)) return "";
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
