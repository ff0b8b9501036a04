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
        _assertGas(abi.encode(word), _nonzero(word, 0));
    }

    /// @dev The bytes of both words are counted in one sum. Lemma for eight bytes of each: with more the solvers time out.
    function check_SCH4_TwoWordsCostFourOrSixteenGasAByte(uint64 low, uint64 high) external view {
        (bytes32 first, bytes32 second) = (bytes32(uint256(low)), bytes32(uint256(high)));
        _assertGas(abi.encode(first, second), _nonzero(first, second));
    }

    function gasOf(bytes calldata data) external pure returns (uint256) {
        return CallDataGas.ofCallData(data);
    }

    function _assertGas(bytes memory data, uint256 nonzero) private view {
        unchecked {
            assertEq(this.gasOf(data), data.length * 4 + nonzero * 12);
        }
    }

    /// @dev The bytes that are not zero, pair by pair from the left: in another order the solvers take minutes.
    function _nonzero(bytes32 first, bytes32 second) private pure returns (uint256 count) {
        unchecked {
            for (uint256 i = 0; i < 32; i += 2) {
                uint256 pair = _isNonzero(first, i) + _isNonzero(second, i);
                count += pair + _isNonzero(first, i + 1) + _isNonzero(second, i + 1);
            }
        }
    }

    /// @dev Assembly, since a branch for each byte makes 2^32 paths.
    function _isNonzero(bytes32 word, uint256 i) private pure returns (uint256 one) {
        assembly ("memory-safe") {
            one := iszero(iszero(byte(i, word)))
        }
    }
}
