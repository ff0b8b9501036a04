// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentFactory} from "../../contracts/interfaces/IAgentFactory.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Birth, Policy} from "../../contracts/types/Policy.sol";

/// @notice Births: one transaction that makes, funds and books; addresses that nobody can take.
contract AgentFactoryTest is AgentBase {
    address private _mallory = makeAddr("mallory");

    function test_BirthMakesFundsAndBooks() external view {
        assertEq(agent.owner(), alice);
        assertEq(address(agent).balance, TREASURY);
        assertEq(everloop.balanceOf(address(agent)), RUN_BALANCE);
        assertEq(_slot(loop).due(), _now());
        assertEq(_reserved(address(agent)), everloop.worstCost(loop));
        assertEq(loop.owner, address(agent));
        assertEq(loop.target, address(agent));
        assertEq(agent.initData(), "data");
        assertEq(agent.choices().length, 2);
        assertEq(agent.steps(), 0);
        assertEq(bytes32(agent.historyHead()), 0);
        Policy memory policy = agent.policy();
        assertEq(policy.budget, BUDGET);
        assertEq(policy.actionCap, ACTION_CAP);
    }

    /// @dev Whoever reads the events knows from the first on who may be paid, and how much.
    function test_AGT3_BirthTellsOwnerLimitsAndRecipients() external {
        Birth memory birth = _birth();
        address born = factory.addressOf(implementation, "s", _mallory);
        vm.deal(_mallory, RUN_BALANCE);
        vm.expectEmit(born);
        emit IAgentPolicy.OwnerChanged(address(0), _mallory);
        vm.expectEmit(born);
        emit IAgentPolicy.LimitsChanged(birth.policy);
        vm.expectEmit(born);
        emit IAgentPolicy.RecipientChanged(payee, true);
        vm.prank(_mallory);
        factory.create{value: RUN_BALANCE}(implementation, "s", birth, "");
    }

    function test_AddressIsKnownBeforehandAndTheEventNamesIt() external {
        address expected = factory.addressOf(implementation, "s", _mallory);
        hoax(_mallory, RUN_BALANCE);
        vm.expectEmit(address(factory));
        emit IAgentFactory.AgentCreated(expected, _mallory, implementation, "s");
        assertEq(factory.create{value: RUN_BALANCE}(implementation, "s", _birth(), ""), expected);
    }

    /// @dev The same salt from another sender gives another address, so none can be taken beforehand.
    function testFuzz_SaltsAreBoundToTheirSender(bytes32 salt, address other) external {
        vm.assume(other != alice);
        address hers = factory.addressOf(implementation, salt, alice);
        assertNotEq(factory.addressOf(implementation, salt, other), hers);
        vm.deal(_mallory, RUN_BALANCE);
        vm.prank(_mallory);
        address taken = factory.create{value: RUN_BALANCE}(implementation, salt, _birth(), "");
        assertNotEq(taken, hers);
        assertEq(hers.code.length, 0);
    }

    function test_ForcedEtherAtTheAddressDoesNotHinderTheBirth() external {
        address expected = factory.addressOf(implementation, "s", _mallory);
        vm.deal(expected, 3 ether);
        hoax(_mallory, RUN_BALANCE);
        factory.create{value: RUN_BALANCE}(implementation, "s", _birth(), "");
        assertEq(expected.balance, 3 ether);
        assertEq(everloop.balanceOf(expected), RUN_BALANCE);
    }

    function test_RevertWhen_TheSaltIsUsedAgain() external {
        vm.deal(_mallory, 1 ether);
        vm.startPrank(_mallory);
        factory.create{value: RUN_BALANCE}(implementation, "s", _birth(), "");
        vm.expectRevert();
        factory.create{value: RUN_BALANCE}(implementation, "s", _birth(), "");
    }

    function test_RevertWhen_InitializedAgainOrByAnybody() external {
        address[3] memory callers = [alice, _mallory, implementation];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotFactory.selector, callers[i]));
            agent.initialize(callers[i], _birth(), "");
            vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotFactory.selector, callers[i]));
            IAgent(implementation).initialize(callers[i], _birth(), "");
            vm.stopPrank();
        }
        assertEq(IAgent(implementation).owner(), address(0), "the implementation stays locked");
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotFactory.selector, address(factory)));
        vm.prank(address(factory));
        IAgent(implementation).initialize(alice, _birth(), "");
    }

    function test_RevertWhen_TheImplementationHasNoCode() external {
        vm.expectRevert(abi.encodeWithSelector(IAgentFactory.Factory_NotAContract.selector, alice));
        factory.create(alice, 0, _birth(), "");
    }

    function test_RevertWhen_TheLoopIsTooWeak() external {
        Birth memory birth = _birth();
        birth.loop.gasLimit = 299_999;
        _expectRefusal(birth, abi.encodeWithSelector(IAgent.Agent_BadLoop.selector, "gasLimit", 299_999, 300_000));
        birth = _birth();
        birth.loop.outputLimit = 4_097;
        _expectRefusal(birth, abi.encodeWithSelector(IAgent.Agent_BadLoop.selector, "outputLimit", 4_097, 4_096));
        birth = _birth();
        birth.loop.interval = 0;
        _expectRefusal(birth, abi.encodeWithSelector(IAgent.Agent_BadLoop.selector, "interval", 0, 1));
        birth = _birth();
        birth.policy.window = 0;
        _expectRefusal(birth, abi.encodeWithSelector(IAgentPolicy.Agent_BadPolicy.selector, "window", 0, 1));
    }

    function test_AGT3_RevertWhen_RecipientsAreTooManyOrTheAgentOrTheEngine() external {
        Birth memory birth = _birth();
        birth.recipients = new address[](17);
        _expectRefusal(birth, abi.encodeWithSelector(IAgentPolicy.Agent_RecipientCount.selector, 17, 16));
        birth.recipients = new address[](1);
        birth.recipients[0] = address(everloop);
        _expectRefusal(birth, abi.encodeWithSelector(IAgentPolicy.Agent_BadTarget.selector, address(everloop)));
        birth.recipients[0] = factory.addressOf(implementation, "s", _mallory);
        _expectRefusal(birth, abi.encodeWithSelector(IAgentPolicy.Agent_BadTarget.selector, birth.recipients[0]));
    }

    function test_RevertWhen_MoneyIsMissing() external {
        hoax(_mallory, RUN_BALANCE - 1);
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_UnderReserve.selector, RUN_BALANCE - 1, RUN_BALANCE));
        factory.create{value: RUN_BALANCE - 1}(implementation, "s", _birth(), "");
    }

    /// @dev One worst cost is too little: the first step could not be followed by another.
    function test_SCH6_RevertWhen_TheRunBalanceIsTooSmallToGoOn() external {
        // What a record costs as call data depends on the zero bytes of its addresses and salt.
        Inference memory record = loop;
        record.owner = record.target = factory.addressOf(implementation, "s", _mallory);
        record.salt = keccak256(abi.encode(bytes32("s"), _mallory));
        uint256 worst = everloop.worstCost(record);
        Birth memory birth = _birth();
        uint256 least = 2 * (worst + birth.loop.maxFee);
        birth.runBalance = uint80(least - 1);
        _expectRefusal(birth, abi.encodeWithSelector(IAgent.Agent_BadLoop.selector, "runBalance", least - 1, least));
        birth.runBalance = uint80(worst - 1);
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        vm.prank(_mallory);
        factory.create{value: birth.runBalance}(implementation, "s", birth, "");
    }

    function testFuzz_ListIsPaged(uint256 start, uint256 count) external {
        vm.deal(alice, 10 ether);
        address[4] memory all;
        all[0] = address(agent);
        for (uint256 i = 1; i < all.length; ++i) {
            vm.prank(alice);
            all[i] = factory.create{value: RUN_BALANCE}(implementation, bytes32(i), _birth(), "");
        }
        assertEq(factory.agentCount(), all.length);
        address[] memory page = factory.agents(start, count);
        uint256 left = start < all.length ? all.length - start : 0;
        assertEq(page.length, count < left ? count : left);
        for (uint256 i = 0; i < page.length; ++i) {
            assertEq(page[i], all[start + i]);
        }
    }

    function test_ClonesShareNothing() external {
        ProbeAgent first = agent;
        _bear(_birth());
        _step(_bump(5));
        assertEq(agent.total(), 5);
        assertEq(first.total(), 0);
        assertEq(first.steps(), 0);
        assertNotEq(first.loopId(), agent.loopId());
    }

    function _expectRefusal(Birth memory birth, bytes memory reason) private {
        vm.deal(_mallory, 10 ether);
        vm.expectRevert(reason);
        vm.prank(_mallory);
        factory.create{value: birth.runBalance}(implementation, "s", birth, "");
    }
}
