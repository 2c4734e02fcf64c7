// The links of a full mesh of endpoints: who is at the other end of each.
//
// Shape:   every endpoint has `links` links to each other one, those to endpoint self + 1 first,
//          then to self + 2 and so on, around; so both ends of a link number it for themselves.

#ifndef UPFABRIC_FABRIC_MODEL_DIRECT_LINKS_H_
#define UPFABRIC_FABRIC_MODEL_DIRECT_LINKS_H_

namespace upfabric::fabric {

struct DirectLinks {
  int endpoints = 0;
  int links = 0;  // of each pair

  struct End {
    int endpoint = 0;
    int link = 0;
  };

  // Of the links from `self` to `other`, the first.
  int First(int self, int other) const {
    return ((other - self + endpoints) % endpoints - 1) * links;
  }
  bool Joins(int self, int other, int link) const {
    return link / links == First(self, other) / links;
  }
  // One number for both ends: that of the lower endpoint's, among all links of all endpoints.
  int LinkOf(int self, int link) const {
    const End far = FarEnd(self, link);
    const int of_endpoint = (endpoints - 1) * links;
    return far.endpoint < self ? far.endpoint * of_endpoint + far.link : self * of_endpoint + link;
  }
  End FarEnd(int self, int link) const {
    const int other = (self + link / links + 1) % endpoints;
    return {other, First(other, self) + link % links};
  }
};

}  // namespace upfabric::fabric

#endif  // UPFABRIC_FABRIC_MODEL_DIRECT_LINKS_H_
