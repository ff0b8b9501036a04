// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agent} from "./Agent.sol";
import {AgentMemory} from "./AgentMemory.sol";
import {INotebook} from "../interfaces/INotebook.sol";
import {CodeData} from "../libraries/CodeData.sol";

/// @title Notebook
/// @notice Ability to write text into one's own context. A page is kept as code: a long first text costs half of what storage
/// would.
abstract contract Notebook is AgentMemory, INotebook {
    uint256 private constant PAGES = 16;
    /// Pages from here on are also written in turn.
    uint256 private constant FIRST_NOTE = 8;
    /// Most bytes of a page: a long sentence or two.
    uint256 private constant MAX_TEXT = 256;

    /// Notes taken so far, modulo 256.
    uint8 private _notes;
    /// Where each page is kept as code; zero = nothing stands there.
    address[PAGES] private _pages;

    /// @inheritdoc INotebook
    function remember(uint256 page, string calldata text) external action {
        _write(page, bytes(text));
    }

    /// @inheritdoc INotebook
    function forget(uint256 page) external action {
        _write(page, msg.data[:0]);
    }

    /// @inheritdoc INotebook
    function note(string calldata text) external action {
        unchecked {
            // It begins anew after 256, which the eight pages divide.
            _write(FIRST_NOTE + _notes++ % (PAGES - FIRST_NOTE), bytes(text));
        }
    }

    /// @inheritdoc Agent
    function _recollections() internal view virtual override returns (string memory) {
        return string.concat(super._recollections(), _TEXT.pages(_pages));
    }

    /// @dev No text leaves the page empty.
    function _write(uint256 page, bytes calldata text) private {
        require(page < PAGES, Agent_NoPage(page, PAGES));
        require(text.length <= MAX_TEXT, Agent_TextLength(text.length, MAX_TEXT));
        _pages[page] = text.length == 0 ? address(0) : CodeData.write(text);
        emit PageWritten(page, string(text));
    }
}
