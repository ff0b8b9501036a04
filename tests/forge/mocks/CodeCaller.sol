// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CodeData} from "../../../contracts/libraries/CodeData.sol";

/// @notice Calls with bytes that it keeps as code: 3 gas a word, where a transaction pays 16 gas a byte or more.
contract CodeCaller {
    error CodeCaller_Refused(uint256 index, bytes reason);

    /// @param pointers Where the calls are kept, one after the other.
    function play(address to, address[] calldata pointers) external {
        for (uint256 i = 0; i < pointers.length; ++i) {
            (bool ok, bytes memory reason) = to.call(CodeData.read(pointers[i]));
            require(ok, CodeCaller_Refused(i, reason));
        }
    }
}
