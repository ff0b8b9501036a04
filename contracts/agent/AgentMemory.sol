// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentActions} from "./AgentActions.sol";
import {IAgentMemory} from "../interfaces/IAgentMemory.sol";
import {CodeData} from "../libraries/CodeData.sol";
import {Memory} from "../types/Memory.sol";

/// @title AgentMemory
/// @notice The notebook. A page is kept as code: a long first text costs half of what storage would.
abstract contract AgentMemory is AgentActions {
    uint256 private constant PAGES = 16;
    /// Pages from here on are also written in turn.
    uint256 private constant FIRST_NOTE = 8;
    /// Most bytes of a page: a long sentence or two.
    uint256 private constant MAX_TEXT = 256;

    /// Notes taken so far, modulo 256.
    uint8 private _notes;
    Memory internal _memory;

    /// @inheritdoc IAgentMemory
    function remember(uint256 page, string calldata text) external action {
        _write(page, bytes(text));
    }

    /// @inheritdoc IAgentMemory
    function forget(uint256 page) external action {
        _write(page, msg.data[:0]);
    }

    /// @inheritdoc IAgentMemory
    function note(string calldata text) external action {
        unchecked {
            // It begins anew after 256, which the eight pages divide.
            _write(FIRST_NOTE + _notes++ % (PAGES - FIRST_NOTE), bytes(text));
        }
    }

    /// @dev No text leaves the page empty.
    function _write(uint256 page, bytes calldata text) private {
        require(page < PAGES, Agent_NoPage(page, PAGES));
        require(text.length <= MAX_TEXT, Agent_TextLength(text.length, MAX_TEXT));
        _memory.pages[page] = text.length == 0 ? address(0) : CodeData.write(text);
        emit PageWritten(page, string(text));
    }
}
