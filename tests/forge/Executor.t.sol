// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {Executor} from "../../contracts/core/Executor.sol";

/// @notice The untrusted sender of raw calls, and the engine's own shape.
contract ExecutorTest is Base {
    function test_SCH8_RevertWhen_AnybodyElseUsesTheExecutor() external {
        Executor executor = Executor(everloop.EXECUTOR());
        vm.expectRevert(abi.encodeWithSelector(Executor.Executor_NotEverloop.selector, keeper));
        vm.prank(keeper, keeper);
        executor.run(address(1), 0, "");
    }

    function test_SCH2_FailingTargetsDoNotFailTheExecutor() external {
        Executor executor = Executor(everloop.EXECUTOR());
        Puppet target = new Puppet();
        vm.startPrank(address(everloop));
        assertTrue(executor.run(address(target), 300_000, "x"));
        for (uint256 mode = uint256(Puppet.Mode.Revert); mode <= uint256(Puppet.Mode.RevertBomb); ++mode) {
            target.setEnd(Puppet.Mode(mode), 0);
            bool ok = executor.run(address(target), 3_000_000, "x");
            assertEq(ok, Puppet.Mode(mode) == Puppet.Mode.ReturnBomb);
        }
    }

    function test_EngineAndRegistryNameEachOther() external view {
        assertEq(everloop.REGISTRY(), address(registry));
        assertGt(everloop.EXECUTOR().code.length, 0);
        assertEq(everloop.EXECUTOR().balance, 0);
        assertGt(everloop.ORDERS().code.length, 0);
        assertEq(everloop.DATA_FEE(), address(0));
        (uint256 bps, address receiver) = everloop.protocolFee();
        assertEq(bps, 0);
        assertEq(receiver, address(0));
    }

    /// @dev Whoever knows the engine's address knows these too.
    function test_ExecutorAndOrdersAreTheFirstTwoContractsOfTheEngine() external view {
        assertEq(everloop.EXECUTOR(), vm.computeCreateAddress(address(everloop), 1));
        assertEq(everloop.ORDERS(), vm.computeCreateAddress(address(everloop), 2));
    }

    /// @dev EIP-170 for every contract that is deployed.
    function test_ContractsFitTheCodeSizeLimit() external {
        assertLt(address(everloop).code.length, 24_576);
        assertLt(address(registry).code.length, 24_576);
        assertLt(address(factory).code.length, 24_576);
        assertLt(everloop.ORDERS().code.length, 24_576);
        address agent = _create("TreasuryAgent.sol:TreasuryAgent", abi.encode(everloop, address(0)));
        assertLt(agent.code.length, 24_576);
    }
}
