// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {IDataFee} from "../../contracts/interfaces/IDataFee.sol";

/// @dev Stands where the chain's own price source does; 16 wei a byte.
contract OracleStub {
    function getL1FeeUpperBound(uint256 size) external pure returns (uint256) {
        return size * 16;
    }

    function getCurrentTxL1GasFees() external pure returns (uint256) {
        return 5_000;
    }
}

/// @notice The data fee modules ask the chain's own price source and share by size.
contract DataFeeModulesTest is Test {
    address private constant OP_ORACLE = 0x420000000000000000000000000000000000000F;
    address private constant ARB_GAS_INFO = 0x000000000000000000000000000000000000006C;

    IDataFee private _op;
    IDataFee private _arbitrum;

    function setUp() external {
        bytes memory code = address(new OracleStub()).code;
        vm.etch(OP_ORACLE, code);
        vm.etch(ARB_GAS_INFO, code);
        _op = IDataFee(_deploy("OpStackDataFee.sol:OpStackDataFee"));
        _arbitrum = IDataFee(_deploy("ArbitrumDataFee.sol:ArbitrumDataFee"));
    }

    function test_OpStackAsksForTheWholeTransactionAndItsEnvelope() external view {
        assertEq(_op.feeOf(1_000, 1_000), (1_000 + 80) * 16, "upper bound of the whole");
    }

    function test_OpStackSharesBySize() external view {
        assertEq(_op.feeOf(250, 1_000), (1_000 + 80) * 16 / 4, "a quarter of the bytes");
    }

    function test_ArbitrumSharesWhatTheTransactionPays() external view {
        assertEq(_arbitrum.feeOf(250, 1_000), 1_250, "a quarter of the bytes");
        assertEq(_arbitrum.feeOf(1_000, 1_000), 5_000, "all of it");
    }

    function testFuzz_NoShareIsMoreThanTheWhole(uint32 size, uint32 total) external view {
        vm.assume(total != 0);
        assertLe(_arbitrum.feeOf(size, total), 5_000, "at most the whole");
        assertLe(_op.feeOf(size, total), (uint256(total) + 80) * 16, "at most the whole");
    }

    function _deploy(string memory name) private returns (address made) {
        bytes memory code = vm.getCode(name);
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
    }
}
