// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The agent's notebook: sixteen pages that it writes itself and finds again in its context.
/// @dev Notes: actions, entered only while a decision is acted upon. What stands in the notebook is a model's text: it gives
/// no authority.
interface INotebook {
    /// @notice Emitted when a page changes; an empty text clears it.
    event PageWritten(uint256 indexed page, string text);

    /// @notice The notebook has pages 0 to `count` - 1.
    error Agent_NoPage(uint256 page, uint256 count);

    /// @notice Write a page of the notebook; what stood there is lost.
    /// @dev Emits {PageWritten}.
    ///
    /// Requirements:
    /// - a decision is acted upon; page 0 to 15; at most 256 bytes
    ///
    /// @param page Which page. Pages 8 to 15 are also written by note.
    /// @param text What to remember.
    /// @custom:range page 0 15
    /// @custom:range text 1 256
    function remember(uint256 page, string calldata text) external;

    /// @notice Clear a page of the notebook.
    /// @dev Emits {PageWritten}.
    ///
    /// Requirements:
    /// - a decision is acted upon; page 0 to 15
    ///
    /// @param page Which page.
    /// @custom:range page 0 15
    function forget(uint256 page) external;

    /// @notice Write into the notebook where the oldest note stands.
    /// @dev Emits {PageWritten}.
    ///
    /// Notes:
    /// - pages 8 to 15 in turn
    ///
    /// Requirements:
    /// - a decision is acted upon; at most 256 bytes
    ///
    /// @param text What to note.
    /// @custom:range text 1 256
    function note(string calldata text) external;
}
