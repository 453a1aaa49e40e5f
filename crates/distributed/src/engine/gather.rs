//! Broadcast and gathering: numbers move and stay what they are.

use ondol_tensor::{Array, Result};

use super::Engine;
use super::reduce::{PART, shares};
use crate::flat::Flat;
use crate::header::Agreed;
use crate::link::Link;

impl<L: Link> Engine<L> {
    /// The root gives each rank a share of a block, then all give theirs to all: twice the block per
    /// rank, whatever the number of ranks.
    pub(super) fn broadcast(&mut self, flat: &mut Flat, agreed: &Agreed) -> Result<()> {
        let (me, size) = (self.link.rank(), self.link.size());
        let Agreed { header, active } = agreed;
        // A root that has joined has old numbers.
        let first = active.iter().position(|&a| a).unwrap_or(0);
        let root = Some(header.root as usize)
            .filter(|&r| active[r])
            .unwrap_or(first);
        for block in flat.bytes_mut().chunks_mut(PART * size) {
            let mut shares = shares(block, size);
            let mut sends: Vec<(usize, &[u8])> = Vec::new();
            let mut receives: Vec<(usize, &mut [u8])> = Vec::new();
            if me == root {
                let others = shares.iter().enumerate().filter(|(rank, _)| *rank != me);
                sends.extend(others.map(|(rank, share)| (rank, &**share)));
            } else {
                receives.push((root, &mut *shares[me]));
            }
            sends.retain(|(_, bytes)| !bytes.is_empty());
            receives.retain(|(_, bytes)| !bytes.is_empty());
            self.exchange(header, &sends, receives)?;
            // The root has all, and its own share is the only one that nobody has yet.
            let (low, rest) = shares.split_at_mut(me);
            let (own, high) = rest.split_first_mut().expect("a share for each rank");
            let own: &[u8] = own;
            let low = low.iter_mut().enumerate();
            let high = high.iter_mut().enumerate().map(|(i, s)| (me + 1 + i, s));
            let mut sends: Vec<(usize, &[u8])> = Vec::new();
            let mut receives: Vec<(usize, &mut [u8])> = Vec::new();
            for (rank, share) in low.chain(high) {
                if rank != root && !own.is_empty() {
                    sends.push((rank, own));
                }
                if me != root && !share.is_empty() {
                    receives.push((rank, &mut **share));
                }
            }
            self.exchange(header, &sends, receives)?;
        }
        Ok(())
    }

    pub(super) fn all_gather(&mut self, own: Flat, agreed: &Agreed) -> Result<Vec<Array>> {
        let (me, size) = (self.link.rank(), self.link.size());
        let mut all: Vec<Flat> = (0..size)
            .map(|rank| match rank == me {
                true => Flat::zeros(own.dtype(), 0),
                false => Flat::zeros(own.dtype(), own.len()),
            })
            .collect();
        let total = own.bytes().len();
        for start in (0..total).step_by(PART) {
            let range = start..total.min(start + PART);
            let part = &own.bytes()[range.clone()];
            let others = all.iter_mut().enumerate().filter(|(rank, _)| *rank != me);
            let receives: Vec<(usize, &mut [u8])> = others
                .map(|(rank, flat)| (rank, &mut flat.bytes_mut()[range.clone()]))
                .collect();
            let sends: Vec<_> = receives.iter().map(|(rank, _)| (*rank, part)).collect();
            self.exchange(&agreed.header, &sends, receives)?;
        }
        all[me] = own;
        all.into_iter().map(Flat::into_array).collect()
    }

    pub(super) fn gather_bytes(&mut self, own: Vec<u8>, agreed: &Agreed) -> Result<Vec<Vec<u8>>> {
        let (me, size) = (self.link.rank(), self.link.size());
        let length = (own.len() as u64).to_le_bytes();
        let mut lengths = vec![[0u8; 8]; size];
        let others = lengths.iter_mut().enumerate().filter(|(r, _)| *r != me);
        let receives: Vec<(usize, &mut [u8])> = others
            .map(|(rank, length)| (rank, &mut length[..]))
            .collect();
        let sends: Vec<_> = receives.iter().map(|(r, _)| (*r, &length[..])).collect();
        self.exchange(&agreed.header, &sends, receives)?;
        lengths[me] = length;
        let lengths: Vec<usize> = lengths
            .iter()
            .map(|l| u64::from_le_bytes(*l) as usize)
            .collect();
        let mut all: Vec<Vec<u8>> = (0..size)
            .map(|rank| vec![0; if rank == me { 0 } else { lengths[rank] }])
            .collect();
        let most = lengths.iter().copied().max().unwrap_or(0);
        for start in (0..most).step_by(PART) {
            let piece = |length: usize| start.min(length)..(start + PART).min(length);
            let part = &own[piece(own.len())];
            let others = (0..size).filter(|&r| r != me && !part.is_empty());
            let sends: Vec<(usize, &[u8])> = others.map(|rank| (rank, part)).collect();
            let receives = all.iter_mut().enumerate().filter_map(|(rank, bytes)| {
                let part = piece(bytes.len());
                (rank != me && !part.is_empty()).then(|| (rank, &mut bytes[part]))
            });
            self.exchange(&agreed.header, &sends, receives.collect())?;
        }
        all[me] = own;
        Ok(all)
    }
}
