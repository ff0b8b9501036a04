// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CodeData} from "./CodeData.sol";

/// @notice An agent's manifest as code data: how many actions, a row for each, then the text.
/// @dev A row is `selector 4 | cost 12` bytes; the cost is the least ETH that the action moves, wei.
library ManifestTable {
    /// What one action may do at least.
    struct Row {
        bytes4 selector;
        /// wei
        uint96 cost;
    }

    uint256 private constant COUNT_LENGTH = 1;
    uint256 private constant ROW_LENGTH = 16;
    uint256 private constant SELECTOR_BITS = 32;

    /// @notice The text behind the table, JSON.
    function text(address pointer) internal view returns (string memory) {
        return string(CodeData.readFrom(pointer, COUNT_LENGTH + uint256(_count(pointer)) * ROW_LENGTH));
    }

    /// @notice All rows of the table.
    function rows(address pointer) internal view returns (Row[] memory found) {
        bytes memory data = CodeData.read(pointer);
        found = new Row[](_count(pointer));
        for (uint256 i = 0; i < found.length; ++i) {
            bytes32 row;
            uint256 place = 32 + COUNT_LENGTH + i * ROW_LENGTH;
            assembly ("memory-safe") {
                row := mload(add(data, place))
            }
            found[i] = Row(bytes4(row), uint96(bytes12(row << SELECTOR_BITS)));
        }
    }

    /// @dev Assembly, since the first byte alone is wanted.
    function _count(address pointer) private view returns (uint8 count) {
        assembly ("memory-safe") {
            extcodecopy(pointer, 0, 1, 32)
            count := byte(0, mload(0))
        }
    }
}
