// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {OddToken} from "./mocks/OddToken.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {AgentTreasury} from "../../contracts/agent/AgentTreasury.sol";
import {vm} from "./Vm.sol";
import {SavingsVault} from "../../contracts/examples/SavingsVault.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {Policy, Rule, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice The actions `transfer` and `call`.
/// @dev The action `call`:
/// ├── without a rule for (target, selector)           fails
/// ├── with value, where the rule is Call              fails
/// ├── with value over cap, budget or reserve          fails
/// ├── with data, to an address without code           fails
/// ├── that the target refuses                         fails, and charges nothing
/// └── otherwise                                       is done in the agent's name, its value charged like a transfer
contract AgentCallsTest is AgentBase {
    Puppet private _puppet;

    function setUp() public override {
        super.setUp();
        _puppet = new Puppet();
    }

    function test_AGT3_TransferPaysListedRecipientsWithinThePolicy() external {
        vm.expectEmit(address(agent));
        emit IAgentTreasury.Transferred(payee, 5);
        assertTrue(_acts(_transfer(payee, 5)));
        assertEq(payee.balance, 5);
        assertEq(agent.budgetLeft(), BUDGET - 5);
        assertFalse(_acts(_transfer(alice, 5)), "not listed");
        assertFalse(_acts(_transfer(payee, uint256(ACTION_CAP) + 1)), "over the cap");
        assertFalse(_acts(_transfer(payee, type(uint256).max)), "no overflow");
        assertEq(payee.balance, 5);
    }

    function test_RevertWhen_MoneyIsMovedFromOutside() external {
        address[3] memory callers = [alice, address(everloop), payee];
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory expected = abi.encodeWithSelector(IAgent.Agent_NotActing.selector, callers[i]);
            vm.startPrank(callers[i]);
            vm.expectRevert(expected);
            agent.transfer(payee, 1);
            vm.expectRevert(expected);
            agent.transferToken(payee, payee, 1);
            vm.expectRevert(expected);
            agent.call(payee, 1, "");
            vm.stopPrank();
        }
    }

    function test_AGT3_ACallWithoutARuleIsNotMade() external {
        assertFalse(_acts(_call(0, abi.encodeCall(Puppet.clearScript, ()))));
        _rule(Puppet.clearScript.selector, Rule.Call);
        assertFalse(_acts(_call(0, abi.encodeCall(Puppet.results, ()))), "another function");
        assertFalse(_acts(_call(0, "")), "none at all");
        assertEq(_puppet.calls(), 0);
    }

    function test_AListedCallIsMadeInTheAgentsName() external {
        _rule(bytes4("ping"), Rule.Call);
        vm.expectEmit(address(agent));
        emit IAgentTreasury.Called(address(_puppet), bytes4("ping"), 0);
        assertTrue(_acts(_call(0, "ping")));
        assertEq(_puppet.lastSender(), address(agent));
        assertEq(_puppet.lastDataHash(), keccak256("ping"));
        assertFalse(_acts(_call(1, "ping")), "without value");
        assertEq(address(_puppet).balance, 0);
    }

    function test_AGT3_ValueOfCallsIsChargedLikeATransfer() external {
        _rule(bytes4("ping"), Rule.Pay);
        uint256 left = agent.budgetLeft();
        assertFalse(_acts(_call(uint256(ACTION_CAP) + 1, "ping")), "over the cap");
        assertTrue(_acts(_call(ACTION_CAP, "ping")));
        assertEq(agent.budgetLeft(), left - ACTION_CAP);
        assertTrue(_acts(_batch(_call(ACTION_CAP, "ping"), _transfer(payee, left - 2 * ACTION_CAP))));
        assertFalse(_acts(_call(1, "ping")), "over the budget");
        assertEq(address(_puppet).balance, 2 * ACTION_CAP);
        Policy memory limits = agent.policy();
        limits.reserve = uint64(TREASURY);
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (limits)));
        assertFalse(_acts(_call(1, "ping")), "under the reserve");
        assertTrue(_acts(_call(0, "ping")), "which binds value alone");
    }

    function test_AGT3_ARefusedCallChargesNothing() external {
        _rule(bytes4("ping"), Rule.Pay);
        uint256 left = agent.budgetLeft();
        Puppet.Mode[3] memory modes = [Puppet.Mode.Revert, Puppet.Mode.RevertBomb, Puppet.Mode.Burn];
        for (uint256 i = 0; i < modes.length; ++i) {
            _puppet.setEnd(modes[i], 0);
            assertFalse(_acts(_call(5, "ping")));
        }
        assertEq(agent.budgetLeft(), left);
        assertEq(address(_puppet).balance, 0);
    }

    /// @dev The rule for selector zero is one for data too short to have one; four zero bytes are a selector.
    function test_AGT3_ShortDataNeedsARuleOfItsOwn() external {
        _rule(bytes4("ping"), Rule.Pay);
        assertFalse(_acts(_call(1, "pin")));
        assertFalse(_acts(_call(1, "")));
        _rule(bytes4(0), Rule.Pay);
        assertTrue(_acts(_call(1, "")));
        assertTrue(_acts(_call(1, "pin")));
        assertFalse(_acts(_call(1, hex"00000000")));
        assertFalse(_acts(_call(1, hex"0000000011")));
        assertEq(address(_puppet).balance, 2);
    }

    function test_CallsWithDataNeedCode() external {
        _loosen(abi.encodeCall(IAgentPolicy.setTarget, (keeper, bytes4("ping"), Rule.Pay)));
        assertFalse(_acts(abi.encodeCall(AgentTreasury.call, (keeper, 1, "ping"))));
        _loosen(abi.encodeCall(IAgentPolicy.setTarget, (keeper, bytes4(0), Rule.Pay)));
        assertTrue(_acts(abi.encodeCall(AgentTreasury.call, (keeper, 1, ""))));
        assertEq(keeper.balance, 1);
    }

    /// @dev A vault that gives ETH back: what comes in does not refill the budget.
    function test_AGT3_MoneyThatComesBackRefillsNoBudget() external {
        SavingsVault vault = new SavingsVault();
        _loosen(abi.encodeCall(IAgentPolicy.setTarget, (address(vault), SavingsVault.save.selector, Rule.Pay)));
        _loosen(abi.encodeCall(IAgentPolicy.setTarget, (address(vault), SavingsVault.redeem.selector, Rule.Call)));
        uint256 left = agent.budgetLeft();
        bytes memory save = abi.encodeCall(SavingsVault.save, ());
        bytes memory redeem = abi.encodeCall(SavingsVault.redeem, (0.1 ether));
        bytes memory out = abi.encodeCall(AgentTreasury.call, (address(vault), 0.1 ether, save));
        bytes memory back = abi.encodeCall(AgentTreasury.call, (address(vault), 0, redeem));
        assertTrue(_acts(_batch(out, back)));
        assertEq(agent.budgetLeft(), left - 0.1 ether);
        assertTrue(_acts(_batch(out, back)));
        assertFalse(_acts(_batch(out, back)), "the budget is spent");
    }

    /// @dev Everything that passes on calls, listed by a careless owner: none carries the agent's voice back to itself.
    function test_AGT3_ForwardersDoNotReachTheAgentInItsName() external {
        _rule(Puppet.act.selector, Rule.Pay);
        bytes[5] memory tries = [
            _transfer(payee, 1),
            abi.encodeCall(IAgent.batch, (new bytes[](2))),
            abi.encodeCall(IAgentPolicy.setLimits, (agent.policy())),
            abi.encodeCall(IAgentTreasury.withdraw, (1, payee)),
            abi.encodeCall(AgentTreasury.call, (payee, 1, ""))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            assertFalse(_acts(_forward(address(agent), 0, tries[i])));
        }
        assertEq(payee.balance, 0);
    }

    /// @dev Through a forwarder the engine hears the forwarder, and the money that it brings counts.
    function test_AGT3_ForwardersToTheEngineSpeakForThemselves() external {
        _rule(Puppet.act.selector, Rule.Pay);
        uint256 run = everloop.balanceOf(address(agent));
        assertFalse(_acts(_forward(address(everloop), 0, abi.encodeCall(ILedger.withdraw, (run, provider)))));
        uint256 left = agent.budgetLeft();
        assertTrue(_acts(_forward(address(everloop), 7, abi.encodeCall(ILedger.deposit, (keeper)))));
        assertEq(agent.budgetLeft(), left - 7);
    }

    /// @dev The agent has a function of the name and shape of an ERC-20 transfer: taken for a token, it would enter an
    /// action from within an action.
    function test_AGT3_TheAgentIsNoToken() external {
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_BadTarget.selector, address(agent)));
        vm.prank(alice);
        agent.setTokenPolicy(address(agent), TokenLimit(1, 1, 1));
        assertFalse(_acts(abi.encodeCall(AgentTreasury.transferToken, (address(agent), payee, 1))));
        assertFalse(_acts(abi.encodeCall(AgentTreasury.call, (address(agent), 0, _transfer(payee, 1)))));
        assertEq(payee.balance, 0);
    }

    /// @dev A listed approval gives a spender what it names: token effects of listed calls are the owner's choice.
    function test_ARuleIsForOneFunctionOfAToken() external {
        OddToken token = new OddToken();
        token.mint(address(agent), 10);
        _loosen(abi.encodeCall(IAgentPolicy.setTarget, (address(token), OddToken.mint.selector, Rule.Call)));
        bytes memory mint = abi.encodeCall(OddToken.mint, (payee, 5));
        assertTrue(_acts(abi.encodeCall(AgentTreasury.call, (address(token), 0, mint))));
        bytes memory move = abi.encodeCall(OddToken.transfer, (payee, 10));
        assertFalse(_acts(abi.encodeCall(AgentTreasury.call, (address(token), 0, move))));
        assertEq(token.balanceOf(payee), 5);
    }

    function testFuzz_AGT3_DirtyAddressesAreNotCalled(uint96 dirt) external {
        vm.assume(dirt != 0);
        uint256 target = uint256(uint160(payee)) | uint256(dirt) << 160;
        assertFalse(_acts(abi.encodePacked(AgentTreasury.transfer.selector, target, uint256(1))));
        assertFalse(_acts(abi.encodePacked(AgentTreasury.call.selector, target, uint256(1), uint256(96), uint256(0))));
        assertEq(payee.balance, 0);
    }

    function _rule(bytes4 selector, Rule rule) private {
        _loosen(abi.encodeCall(IAgentPolicy.setTarget, (address(_puppet), selector, rule)));
    }

    function _call(uint256 value, bytes memory data) private view returns (bytes memory) {
        return abi.encodeCall(AgentTreasury.call, (address(_puppet), value, data));
    }

    function _forward(address to, uint256 value, bytes memory data) private view returns (bytes memory) {
        return _call(value, abi.encodeCall(Puppet.act, (to, value, data)));
    }

    function _transfer(address to, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeCall(AgentTreasury.transfer, (to, amount));
    }
}
