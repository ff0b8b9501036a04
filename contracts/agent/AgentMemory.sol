// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentActions} from "./AgentActions.sol";
import {IAgentMemory} from "../interfaces/IAgentMemory.sol";
import {CodeData} from "../libraries/CodeData.sol";

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
    address[PAGES] private _pages;

    /// @inheritdoc IAgentMemory
    function remember(uint256 page, string calldata text) external action {
        _write(page, text);
    }

    /// @inheritdoc IAgentMemory
    function forget(uint256 page) external action {
        require(page < PAGES, Agent_NoPage(page, PAGES));
        _pages[page] = address(0);
        emit PageWritten(page, "");
    }

    /// @inheritdoc IAgentMemory
    function note(string calldata text) external action {
        unchecked {
            // It begins anew after 256, which the eight pages divide.
            uint8 taken = _notes++;
            _write(FIRST_NOTE + taken % (PAGES - FIRST_NOTE), text);
        }
    }

    function _notebook() internal view returns (address[PAGES] memory) {
        return _pages;
    }

    function _write(uint256 page, string calldata text) private {
        uint256 length = bytes(text).length;
        require(page < PAGES, Agent_NoPage(page, PAGES));
        require(length != 0 && length <= MAX_TEXT, Agent_TextLength(length, MAX_TEXT));
        _pages[page] = CodeData.write(bytes(text));
        emit PageWritten(page, text);
    }
}
