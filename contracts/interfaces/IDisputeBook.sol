// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Who may take stake, and by which rules.
/// @dev Notes: Everloop takes a penalty for each missed run. Slashers are verification contracts that the governor lists;
/// they take penalties for wrong answers, after a dispute.
///
/// What the worst slasher can do: take 5 penalties (0.05 ether) of a provider in 14 days, half of it or more burned, and hold
/// as much. Listing waits 30 days: 8 for open work to end, 14 for the stake to be released, 8 to notice; so who does not trust
/// a slasher loses nothing to it. Who leaves at its first dispute is out after 22 days and loses 10 penalties at most. 8
/// slashers are listed at most. No slasher touches what is in Everloop. [REG-3] nobody profits from slashing beyond the
/// bounty; a provider cannot use it to leave early.
interface IDisputeBook {
    /// @notice A claim of a slasher against a provider.
    struct Dispute {
        /// Against whom.
        address provider;
        /// Unix seconds at which it is void.
        uint40 lapsesAt;
        /// Who decides it.
        address slasher;
    }

    /// @notice Emitted when `slasher` may open disputes from `from` on.
    event SlasherListed(address indexed slasher, uint40 from);

    /// @notice Emitted when `slasher` may do nothing more.
    event SlasherUnlisted(address indexed slasher);

    /// @notice Emitted when a penalty of `provider` is held until `lapsesAt`.
    event DisputeOpened(uint256 indexed id, address indexed provider, address indexed slasher, uint40 lapsesAt);

    /// @notice Emitted when a dispute ends without a penalty.
    event DisputeClosed(uint256 indexed id, address indexed provider, address indexed slasher);

    /// @notice Emitted when a dispute ends with the penalty that {Slashed} tells.
    event DisputeUpheld(
        uint256 indexed id, address indexed provider, address indexed slasher, address finder, address harmed
    );

    /// @notice Emitted when a penalty is taken: wei to who found the fault, to who was harmed, and to nobody.
    event Slashed(address indexed provider, uint256 bounty, uint256 repaid, uint256 burned);

    /// @notice Only Everloop takes the penalty for a missed run.
    error Registry_NotEverloop(address caller);
    /// @notice The slasher is listed already.
    error Registry_AlreadyListed(address slasher);
    /// @notice A slasher is a contract: its rules can be read.
    error Registry_NotAContract(address slasher);
    /// @notice No more slashers can be listed.
    error Registry_TooManySlashers(uint256 limit);
    /// @notice The account is no slasher, or is one only from `from` on (zero = not listed).
    error Registry_NotSlasher(address slasher, uint40 from, uint256 time);
    /// @notice This slasher may open no further dispute against this provider before `until`.
    error Registry_TooManyDisputes(address slasher, address provider, uint256 until);
    /// @notice All stake is held already.
    error Registry_NothingToHold(address provider, uint256 stake, uint256 required);
    /// @notice There is no such dispute, or it is over.
    error Registry_NoDispute(uint256 id);
    /// @notice Only its slasher decides a dispute.
    error Registry_NotDisputant(uint256 id, address slasher, address caller);
    /// @notice The dispute is still for its slasher to end.
    error Registry_DisputeOpen(uint256 id, uint40 lapsesAt, uint256 time);
    /// @notice The dispute is void.
    error Registry_DisputeLapsed(uint256 id, uint40 lapsesAt, uint256 time);

    /// @notice Let `slasher` open disputes after the delay.
    /// @dev Emits {SlasherListed}.
    ///
    /// Requirements:
    /// - the caller is the governor
    /// - `slasher` is a contract, and not listed; fewer than {MAX_SLASHERS} are
    function listSlasher(address slasher) external;

    /// @notice Let `slasher` do nothing more, at once: its open disputes are void.
    /// @dev Emits {SlasherUnlisted}.
    ///
    /// Requirements:
    /// - the caller is the governor; `slasher` is listed
    function unlistSlasher(address slasher) external;

    /// @notice Hold one penalty of a provider's stake, bonded or leaving.
    /// @dev Emits {DisputeOpened}. While it is open, the provider takes one inference less.
    ///
    /// Notes:
    /// - it is a lien: nothing moves, and it may lie on stake that backs open work too, so that who works to capacity is not
    ///   out of reach
    ///
    /// Requirements:
    /// - the caller is a slasher whose delay is over; the provider is registered
    /// - the caller opened fewer than {MAX_DISPUTES} against it since the first of these, at most 14 days ago
    /// - the stake covers this and all other open disputes
    ///
    /// @return id
    function openDispute(address provider) external returns (uint256 id);

    /// @notice End a dispute without a penalty.
    /// @dev Emits {DisputeClosed}.
    ///
    /// Requirements:
    /// - it is open; the caller is its slasher, or anyone where it has lapsed or its slasher is unlisted
    function closeDispute(uint256 id) external;

    /// @notice End a dispute with a penalty.
    /// @dev Emits {DisputeUpheld} and {Slashed}; where less than the minimum stays, also {ServingChanged}. Takes from what
    /// is leaving first, newest first, since what is bonded backs open work.
    ///
    /// Notes:
    /// - [REG-3] the one split: a tenth to `finder`, up to four tenths repay `harmed`, the rest is burned; both are credited
    ///   in Everloop, so that neither can refuse
    ///
    /// Requirements:
    /// - it is open; the caller is its slasher, and listed; it has not lapsed
    /// - `finder` and `harmed` are not zero
    ///
    /// @param finder Who gets the bounty.
    /// @param harmed Who gets its gas back.
    /// @param cost wei of gas that the slasher found proven.
    /// @return bounty wei
    /// @return repaid wei
    function slashDispute(uint256 id, address finder, address harmed, uint256 cost)
        external
        returns (uint256 bounty, uint256 repaid);

    /// @notice Take one penalty from a provider that missed a run.
    /// @dev Emits {Slashed}; where less than the minimum stays, also {ServingChanged}. Takes from what is bonded first.
    ///
    /// Notes:
    /// - [REG-3] the one split: a tenth is the keeper's bounty, up to four tenths repay the owner's gas, the rest is burned
    ///
    /// Requirements:
    /// - the caller is Everloop
    ///
    /// @param provider Who missed.
    /// @param ownerCost wei that the miss cost the job's owner.
    /// @return bounty wei sent to Everloop for the keeper
    /// @return repaid wei sent to Everloop for the owner
    function slash(address provider, uint256 ownerCost) external returns (uint256 bounty, uint256 repaid);

    /// @notice One dispute; all zero where it is over.
    function disputeOf(uint256 id) external view returns (Dispute memory);

    /// @notice How many disputes hold stake of `provider`; one that has lapsed counts until it is closed.
    function disputesOf(address provider) external view returns (uint256);

    /// @notice Unix seconds from which `slasher` may open disputes; 0 = not listed.
    function slasherFrom(address slasher) external view returns (uint40);

    /// @notice Seconds from listing a slasher until it may open disputes.
    function LISTING_DELAY() external view returns (uint256);

    /// @notice Most slashers listed at a time.
    function MAX_SLASHERS() external view returns (uint256);

    /// @notice Most disputes of a slasher against a provider in 14 days.
    function MAX_DISPUTES() external view returns (uint256);
}
