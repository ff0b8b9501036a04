// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {CodeData} from "../libraries/CodeData.sol";
import {Plan} from "../types/Plan.sol";

/// @title MemoryText
/// @notice Puts an agent's memory into words, a line each. It keeps nothing and may do nothing.
contract MemoryText {
    using Strings for *;

    uint256 private constant ADVISER_BITS = 160;
    /// Bytes before an answer that say whom the agent asked, and when.
    uint256 private constant ORIGIN_LENGTH = 25;
    uint256 private constant SELECTOR_LENGTH = 4;

    /// @notice The lines of a notebook.
    /// @param pages_ Where each page is kept as code; zero = nothing stands there.
    function pages(address[16] calldata pages_) external view returns (string memory lines) {
        for (uint256 i = 0; i < pages_.length; ++i) {
            if (pages_[i] == address(0)) continue;
            lines = string.concat(lines, "\nPage ", i.toString(), ": ", _quoted(CodeData.read(pages_[i])));
        }
    }

    /// @notice The lines of open plans.
    function plans(Plan[8] calldata plans_) external pure returns (string memory lines) {
        for (uint256 i = 0; i < plans_.length; ++i) {
            if (plans_[i].due() != 0) lines = string.concat(lines, _planned(i, plans_[i]));
        }
    }

    /// @notice The lines of the last answer and the open question.
    /// @param answer Where the answer is kept as code, behind its provider (20 bytes) and when it was asked (5); zero = none.
    /// @param adviser The provider that is asked; zero = no question is open.
    /// @param askedAt Unix seconds when it was asked.
    function advice(address answer, address adviser, uint256 askedAt) external view returns (string memory lines) {
        if (answer != address(0)) {
            bytes32 origin = bytes32(CodeData.read(answer));
            string memory question = _asked(address(bytes20(origin)), uint40(bytes5(origin << ADVISER_BITS)));
            lines = string.concat(question, " and answered: ", _quoted(CodeData.readFrom(answer, ORIGIN_LENGTH)));
        }
        if (adviser != address(0)) lines = string.concat(lines, _asked(adviser, askedAt), ".");
    }

    function _planned(uint256 number, Plan plan) private pure returns (string memory) {
        string memory selector = uint256(uint32(plan.selector())).toHexString(SELECTOR_LENGTH);
        return string.concat("\nPlan ", number.toString(), ": ", selector, " at ", uint256(plan.due()).toString());
    }

    function _asked(address adviser, uint256 time) private pure returns (string memory) {
        return string.concat("\nAdviser ", adviser.toHexString(), " was asked at ", time.toString());
    }

    /// @dev Text of a stranger or a model, in quotes that it cannot end.
    function _quoted(bytes memory text) private pure returns (string memory) {
        return string.concat("\"", string(text).escapeJSON(), "\"");
    }
}
