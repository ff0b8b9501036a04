// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {CallDataGas} from "../../contracts/libraries/CallDataGas.sol";

/// @notice Gas of call data.
contract CallDataGasSymbolicTest is Test {
    /// @dev 10 gas where 4 are usual, rounded down: for all that a transaction can carry.
    function check_SCH4_FloorIsTenGasForEachFour(uint64 dataGas) external pure {
        uint256 floor = CallDataGas.floorOf(dataGas);
        assertLe(floor, type(uint72).max, "so that what follows cannot overflow");
        unchecked {
            assertLe(floor * 4, uint256(dataGas) * 10);
            assertGt(floor * 4 + 4, uint256(dataGas) * 10);
        }
    }

    function check_SCH4_AWordCostsFourOrSixteenGasAByte(bytes32 word) external view {
        uint256 expected = 32 * 4;
        for (uint256 i = 0; i < 32; ++i) {
            uint256 nonzero;
            // A branch for each byte would make 2^32 paths.
            assembly ("memory-safe") {
                nonzero := iszero(iszero(byte(i, word)))
            }
            expected += 12 * nonzero;
        }
        assertEq(this.gasOf(abi.encode(word)), expected);
    }

    function gasOf(bytes calldata data) external pure returns (uint256) {
        return CallDataGas.ofCallData(data);
    }
}
