"""Views: each makes one page of the API's answers, or writes something down and says where to go on."""
