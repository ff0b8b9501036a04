// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IScheduler} from "./IScheduler.sol";
import {Inference, Task} from "../types/Job.sol";
import {Candidate, Criteria, Ranked} from "../types/Selection.sol";
import {Unbonding} from "../types/Unbonding.sol";

/// @notice What one wants to know before one acts, in one call each.
/// @dev Notes: it keeps nothing and may do nothing; anyone can deploy another. What is read in one call is of one block.
interface ILens {
    /// @notice Where a job stands.
    enum JobState {
        /// Never booked, or over.
        None,
        /// Booked and waiting for {IInferenceMarket-resume}.
        Dormant,
        /// Waiting for its time, or due.
        Booked,
        /// Inside its run.
        Running
    }

    /// @notice One job, unpacked.
    struct JobView {
        bytes32 id;
        JobState state;
        /// Unix seconds; zero unless booked.
        uint40 due;
        /// Runs begun so far: the number of the next one.
        uint32 runs;
        /// Failed runs in a row.
        uint8 failures;
        /// gas of the record as call data.
        uint16 recordGas;
        /// Whether its provider has left it.
        bool resigned;
    }

    /// @notice One provider, with all that the registry and the ledger know.
    struct ProviderView {
        address provider;
        address owner;
        /// Who is to follow as owner; zero = nobody.
        address proposed;
        address payout;
        /// wei
        uint96 bonded;
        Unbonding unbonding;
        /// wei that {IStakeBook-withdraw} pays out now.
        uint256 withdrawable;
        uint256 disputes;
        /// Whether it may serve.
        bool whitelisted;
        bool serving;
        /// wei in Everloop, what is reserved included.
        uint80 balance;
        uint80 reserved;
        /// Inferences it may have open, and has.
        uint16 capacity;
        uint16 open;
        uint24 delivered;
        uint16 missed;
        uint16 declined;
        /// s from due to delivery, moving average.
        uint16 latency;
    }

    /// @notice What {preview} found, carried out of the run that it takes back.
    error Lens_Previewed(IScheduler.Outcome[] outcomes, uint256 earned);
    /// @notice Nobody is excluded by so long a list.
    error Lens_TooManyExcluded(uint256 count, uint256 limit);

    /// @notice The engine that is looked at.
    function EVERLOOP() external view returns (address);

    /// @notice Its registry.
    function REGISTRY() external view returns (address);

    /// @notice One provider; all zero but the ledger's part where it is not registered.
    function providerView(address provider) external view returns (ProviderView memory);

    /// @notice Providers in order of registration, from `start`, at most `count`.
    function providerViews(uint256 start, uint256 count) external view returns (ProviderView[] memory);

    /// @notice One view per id.
    function jobViews(bytes32[] calldata ids) external view returns (JobView[] memory);

    /// @notice What {IScheduler-executeBatch} would do with `tasks` now, and what its caller would earn.
    /// @dev To be called, not sent: it runs them and takes everything back, so the answer is the engine's own. Reverts with
    /// the engine's error where the batch would.
    ///
    /// @return outcomes One per task.
    /// @return earned wei at the gas price of the call.
    function preview(Task[] calldata tasks) external returns (IScheduler.Outcome[] memory outcomes, uint256 earned);

    /// @notice Run `tasks`, then revert with {Lens_Previewed}; the half of {preview} that is taken back.
    function simulate(Task[] calldata tasks) external;

    /// @notice What an inference costs at the provider's present terms, and whether it can be booked.
    /// @dev Notes:
    /// - `refusal` is the revert data of {IInferenceMarket-request}, as far as provider, offer and the owner's balance decide;
    ///   the rules of the record itself and of its input are not checked here
    ///
    /// @param job With a fee of zero, as for a request.
    /// @return fee wei per delivery; zero where the model is not offered
    /// @return worst wei that would be reserved
    /// @return refusal Empty where it can be booked now.
    function quote(Inference calldata job) external view returns (uint256 fee, uint256 worst, bytes memory refusal);

    /// @notice All who stand for a model, in no order.
    function candidates(bytes32 modelId) external view returns (Candidate[] memory);

    /// @notice Who of those that stand for a model fulfils `criteria` now: the winner first.
    /// @dev Deterministic: by score, then by address. Score = sum of weight x share; shares are 0 to 10,000, rounded down:
    /// price (maxFee - fee) / maxFee · latency (limit - slower of claim and average) / limit, the limit being the greater of
    /// both · record (delivered + 1) / (delivered + missed + declined + 2) · stake bonded / fullStake, at most 1.
    ///
    /// Requirements:
    /// - at most 32 are excluded
    function select(bytes32 modelId, Criteria calldata criteria) external view returns (Ranked[] memory);

    /// @notice The same over given candidates, at a given time.
    /// @dev Requirements:
    /// - at most 32 are excluded
    ///
    /// @param time Unix seconds
    function rank(Candidate[] calldata given, Criteria calldata criteria, uint256 time)
        external
        pure
        returns (Ranked[] memory);
}
